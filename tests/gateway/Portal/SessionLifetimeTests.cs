using DirectorySync.Gateway.Portal.Access;
using DirectorySync.Identity.V1;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Tests.Portal;

/// <summary>How long a session lasts, and how far it reaches.</summary>
public sealed class SessionLifetimeTests
{
    private static readonly PortalLink Link = new() { Id = "link", OrganizationId = "acme", DirectoryId = "d1", SuccessUrl = "https://app.example.com/" };

    [Fact]
    public async Task A_session_ends_after_eight_hours_whatever_is_done_with_it()
    {
        var time = new Clock();
        await using var services = new ServiceCollection().AddLogging().AddDataProtection().UseEphemeralDataProtectionProvider().Services
            .AddAuthentication().AddCookie(PortalSession.Scheme, cookie => (cookie.Cookie.Name, cookie.SlidingExpiration) = ("session", false)).Services
            .AddSingleton<TimeProvider>(time).AddSingleton<PortalSessions>().BuildServiceProvider();
        var sessions = services.GetRequiredService<PortalSessions>();
        await using var first = services.CreateAsyncScope();
        var opened = new DefaultHttpContext { RequestServices = first.ServiceProvider };
        await sessions.BeginAsync(opened, new(Link, time.GetUtcNow()));
        var cookie = opened.Response.Headers.SetCookie.ToString().Split(';')[0];

        async Task<PortalSession?> FindAsync(string header)
        {
            await using var scope = services.CreateAsyncScope();
            var http = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
            http.Request.Headers.Cookie = header;
            return await sessions.FindAsync(http);
        }

        Assert.StartsWith("session=", cookie, StringComparison.Ordinal);
        Assert.Equal(("link", "acme", "d1", null, "https://app.example.com/"), await FindAsync(cookie) is { } now
            ? (now.LinkId, now.OrganizationId, now.DirectoryId, now.ReturnUrl, now.SuccessUrl) : default);
        time.Shift = TimeSpan.FromHours(7.99);
        Assert.NotNull(await FindAsync(cookie));
        time.Shift = TimeSpan.FromHours(8.01);
        Assert.Null(await FindAsync(cookie));
        time.Shift = default;
        Assert.Null(await FindAsync(cookie[..^4]));
        Assert.Null(await FindAsync(""));
    }

    [Theory]
    [InlineData("d1", "d1", "acme", DirectoryState.Active, true)]
    [InlineData("", "d1", "acme", DirectoryState.Preview, true)]
    [InlineData("d1", "d2", "acme", DirectoryState.Active, false)]
    [InlineData("", "d1", "other", DirectoryState.Active, false)]
    [InlineData("d1", "d1", "acme", DirectoryState.Deleting, false)]
    public void A_session_reaches_what_its_link_was_for(string linked, string id, string organization, DirectoryState state, bool reached)
    {
        var link = Link.Clone();
        link.DirectoryId = linked;

        Assert.Equal(reached, new PortalSession(link, default).Reaches(new Directory { Id = id, OrganizationId = organization, State = state }));
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }
}
