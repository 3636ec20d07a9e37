namespace DirectorySync.Gateway.Tests.Console;

/// <summary>Who comes in, with which cookie, and until when.</summary>
[Collection(RunningGateway.Name)]
public sealed class SignInTests(RunningGateway gateway)
{
    private string Url => gateway.Stack.GatewayUrl();

    [Fact]
    public async Task Nobody_sees_a_page_before_signing_in_and_is_led_back_afterwards()
    {
        using var browser = new ConsoleBrowser(Url);

        Assert.Equal("/console", (await browser.GetAsync("/")).Expect(302).Location);
        var refused = (await browser.GetAsync("/console/roles?said=saved")).Expect(303);
        Assert.Equal("/console/sign-in?return=%2Fconsole%2Froles%3Fsaid%3Dsaved", refused.Location);
        Assert.Equal("/console/roles?said=saved", (await browser.SignInAsync(gateway.Stack.ApiKey, "/console/roles?said=saved")).Expect(303).Location);
        (await browser.GetAsync("/console/roles")).Expect(200);
    }

    [Theory]
    [InlineData("https://evil.example/console")]
    [InlineData("//evil.example/console")]
    [InlineData("/console/../../evil")]
    [InlineData("/\\evil.example")]
    [InlineData("/consoles")]
    public async Task A_link_leads_to_no_other_site(string back)
    {
        using var browser = new ConsoleBrowser(Url);

        var answer = (await browser.SignInAsync(gateway.Stack.ApiKey, back)).Expect(303);

        Assert.StartsWith("/console", new Uri(new Uri(Url), answer.Location).AbsolutePath, StringComparison.Ordinal);
        Assert.DoesNotContain("evil.example", answer.Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_key_is_refused_in_words_and_is_not_shown_again()
    {
        using var browser = new ConsoleBrowser(Url);

        var answer = (await browser.SignInAsync("sk_wrong_and_secret")).Expect(422);

        Assert.Contains("not valid", answer.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("sk_wrong_and_secret", answer.Html, StringComparison.Ordinal);
        (await browser.GetAsync("/console")).Expect(303);
    }

    [Fact]
    public async Task The_cookie_is_of_this_site_alone_and_no_script_reads_it()
    {
        using var browser = new ConsoleBrowser(Url);

        var cookie = Assert.Single((await browser.SignInAsync(gateway.Stack.ApiKey)).Cookies, one => one.StartsWith("directory-sync-console=", StringComparison.Ordinal));

        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("path=/console", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(gateway.Stack.ApiKey, cookie, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_key_ends_the_session_with_the_next_request()
    {
        var created = (await gateway.PostAsync("/api_keys", """{"name": "leaves", "scopes": ["read"]}""")).Expect(201);
        using var browser = await ConsoleBrowser.OpenAsync(Url, created.Text("key"));
        (await browser.GetAsync("/console")).Expect(200);

        (await gateway.SendAsync("DELETE", $"/api_keys/{created.Text("id")}")).Expect(200);

        await DirectorySync.Kit.Eventually.True(async () => (await browser.GetAsync("/console")).Code == 303, TimeSpan.FromSeconds(2));
        Assert.Equal(401, (await browser.GetAsync("/console", ("X-Live", "1"))).Code);
    }

    [Fact]
    public async Task Signing_out_ends_the_session()
    {
        using var browser = await ConsoleBrowser.OpenAsync(Url, gateway.Stack.ApiKey);

        (await browser.SubmitAsync("/console", "/console/sign-out")).Expect(303);

        (await browser.GetAsync("/console")).Expect(303);
    }

    [Fact]
    public async Task A_cookie_that_was_changed_opens_nothing()
    {
        using var browser = new ConsoleBrowser(Url);

        (await browser.GetAsync("/console", ("Cookie", "directory-sync-console=CfDJ8changed"))).Expect(303);
    }
}
