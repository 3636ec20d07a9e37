using DirectorySync.Errors.V1;
using DirectorySync.Events.Invitations;
using DirectorySync.Events.Mail;
using DirectorySync.Identity.V1;
using MimeKit;

namespace DirectorySync.Events.Tests;

/// <summary>Quick, impatient, and with a mail server of its own.</summary>
public sealed class MailHost() : EventsHost(
    ("Mail:PerSecond", "200"), ("Mail:FirstDelay", "00:00:00.020"), ("Mail:LongestDelay", "00:00:00.100"), ("Mail:Timeout", "00:00:05"))
{
    internal MailServer Server { get; private set; } = null!;

    internal InvitationService.InvitationServiceClient Invitations => new(Channel);

    public override async Task InitializeAsync()
    {
        Server = await MailServer.StartAsync();
        Add(Server.Settings);
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Server.DisposeAsync();
    }

    /// <summary>A directory that invites.</summary>
    internal async Task<TestDirectory> NewInvitingAsync(DirectoryState state = DirectoryState.Active)
    {
        var directory = await NewDirectoryAsync(state);
        await directory.TellAsync(state, invitations: true);
        return directory;
    }

    internal Task<Invitation> InvitationAsync(TestDirectory directory, string userId, InvitationState state) => Eventually.Get(
        async () => (await Invitations.ListInvitationsAsync(new() { DirectoryId = directory.Id })).Invitations.SingleOrDefault(i => i.UserId == userId),
        invitation => invitation?.State == state, what: $"{userId} is {state}")!;

    /// <summary>An address of its own: the mail server is shared.</summary>
    internal static string Address(TestDirectory directory, string userId) => $"{userId}@{directory.Id}.com";
}

public sealed class InvitationTests(MailHost host) : IClassFixture<MailHost>
{
    [Fact]
    public async Task A_user_is_invited_once_by_an_e_mail_that_two_replicas_would_send()
    {
        await using var replica = host.StartReplica();
        var directory = await host.NewInvitingAsync();

        await UserAsync(directory, "ada", 1, p => (p.FirstName, p.LastName) = ("Ada", "Lovelace <\"é\">"));
        var sent = await host.InvitationAsync(directory, "ada", InvitationState.Sent);
        await UserAsync(directory, "ada", 2, p => p.LastName = "Other");
        await directory.SettledAsync();
        await UserAsync(directory, "bob", 1);
        await host.InvitationAsync(directory, "bob", InvitationState.Sent);

        var mail = Assert.Single(host.Server.To(MailHost.Address(directory, "ada")));
        Assert.Equal(("no-reply@acme.com", true, "sender"), (mail.From, mail.Secure, mail.User));
        var message = await Parse(mail);
        Assert.Equal($"{sent.Id}@acme.com", message.MessageId);
        Assert.Equal("You now have an account", message.Subject);
        Assert.Contains("Hello Ada Lovelace <\"é\">,", message.TextBody, StringComparison.Ordinal);
        Assert.Equal("Ada Lovelace <\"é\">", Assert.Single(message.To.Mailboxes).Name);
        Assert.NotNull(sent.SendTime);
        Assert.Single(host.Server.To(MailHost.Address(directory, "bob")));
    }

    [Fact]
    public async Task A_directory_invites_nobody_unless_its_policy_says_so_and_nobody_who_was_there_before()
    {
        var directory = await host.NewDirectoryAsync();
        await UserAsync(directory, "ada", 1);
        await directory.SettledAsync();
        await directory.TellAsync(DirectoryState.Active, invitations: true);
        await UserAsync(directory, "ada", 2, p => p.LastName = "Other");
        await UserAsync(directory, "bob", 1);
        await host.InvitationAsync(directory, "bob", InvitationState.Sent);

        Assert.Empty(host.Server.To(MailHost.Address(directory, "ada")));
        Assert.Equal(["bob"], await InvitedAsync(directory));
    }

    [Theory]
    [InlineData(InactiveUsers.Removed)]
    [InlineData(InactiveUsers.Retained)]
    public async Task A_deactivation_withdraws_what_is_pending_and_a_rehire_is_invited_anew(InactiveUsers policy)
    {
        var directory = await host.NewInvitingAsync();
        await directory.TellAsync(DirectoryState.Active, policy, invitations: true);
        await UserAsync(directory, "ada", 1);
        var first = await host.InvitationAsync(directory, "ada", InvitationState.Sent);
        await UserAsync(directory, "bob", 1, p => p.Email = "");
        await host.InvitationAsync(directory, "bob", InvitationState.NoAddress);

        await UserAsync(directory, "ada", 2, p => p.Active = false);
        await UserAsync(directory, "bob", 2, p => (p.Email, p.Active) = ("", false));
        await directory.SettledAsync();
        await host.InvitationAsync(directory, "bob", InvitationState.Withdrawn);
        await UserAsync(directory, "ada", 3);
        var second = await Eventually.Get(
            () => host.InvitationAsync(directory, "ada", InvitationState.Sent), i => i.Id != first.Id, what: "invited anew");

        var messages = await Task.WhenAll(host.Server.To(MailHost.Address(directory, "ada")).Select(Parse));
        Assert.Equal([$"{first.Id}@acme.com", $"{second.Id}@acme.com"], messages.Select(message => message.MessageId));
        Assert.Empty(host.Server.To(MailHost.Address(directory, "bob")));
    }

    [Fact]
    public async Task Who_has_no_address_is_invited_once_there_is_one()
    {
        var directory = await host.NewInvitingAsync();
        await UserAsync(directory, "ada", 1, p => p.Email = "");
        await host.InvitationAsync(directory, "ada", InvitationState.NoAddress);
        var why = await EventsHost.FailsAsync(
            ErrorReason.NothingToSend, async () => await host.Invitations.ResendInvitationAsync(new() { DirectoryId = directory.Id, UserId = "ada" }));
        Assert.Contains("no e-mail address", why.Status.Detail, StringComparison.Ordinal);

        await UserAsync(directory, "ada", 2);

        await host.InvitationAsync(directory, "ada", InvitationState.Sent);
        Assert.Single(host.Server.To(MailHost.Address(directory, "ada")));
    }

    [Fact]
    public async Task What_is_refused_fails_what_is_put_off_is_sent_later_and_a_wrong_address_harms_nobody()
    {
        var directory = await host.NewInvitingAsync();

        await UserAsync(directory, "refused", 1);
        await UserAsync(directory, $"later-{directory.Id[^4..]}", 1);
        await UserAsync(directory, "odd", 1, p => p.Email = "not an address\r\nBcc: eve@example.com");

        Assert.Equal("550", (await host.InvitationAsync(directory, "refused", InvitationState.Failed)).LastError);
        Assert.Equal(3, (await host.InvitationAsync(directory, $"later-{directory.Id[^4..]}", InvitationState.Sent)).Attempts);
        Assert.Equal("INVALID_ADDRESS", (await host.InvitationAsync(directory, "odd", InvitationState.Failed)).LastError);
        Assert.DoesNotContain(host.Server.Mails, mail => mail.To.StartsWith("eve", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_mail_server_that_takes_a_message_and_says_nothing_leaves_it_uncertain_and_only_a_person_sends_it_again()
    {
        await using var hasty = new ImpatientHost(host.Server);
        await hasty.InitializeAsync();
        var directory = await hasty.NewDirectoryAsync();
        await directory.TellAsync(DirectoryState.Active, invitations: true);
        await UserAsync(directory, "mute", 1);
        var invitations = new InvitationService.InvitationServiceClient(hasty.Channel);
        var uncertain = (await Eventually.Get(
            async () => (await invitations.ListInvitationsAsync(new() { DirectoryId = directory.Id })).Invitations.SingleOrDefault(),
            i => i?.State == InvitationState.Uncertain, what: "uncertain"))!;
        await UserAsync(directory, "bob", 1);
        await Eventually.True(() => host.Server.To(MailHost.Address(directory, "bob")).Count == 1, what: "the next is sent");
        Assert.Single(host.Server.To(MailHost.Address(directory, "mute")));
        Assert.Equal("TIMEOUT", uncertain.LastError);

        await invitations.ResendInvitationAsync(new() { DirectoryId = directory.Id, UserId = "mute" });

        await Eventually.True(() => host.Server.To(MailHost.Address(directory, "mute")).Count == 2, what: "sent again");
        var ids = await Task.WhenAll(host.Server.To(MailHost.Address(directory, "mute")).Select(Parse));
        Assert.All(ids, message => Assert.Equal($"{uncertain.Id}@acme.com", message.MessageId));
    }

    [Fact]
    public async Task What_a_process_that_died_was_sending_is_uncertain()
    {
        var directory = await host.NewInvitingAsync(DirectoryState.Paused);
        await host.Database.Sql($"""
            insert into invitations (directory_id, user_id, id, state, create_time, lease, lease_time)
            values ({directory.Id}, 'ada', {Guid.CreateVersion7().ToString()}, {(short)InvitationState.Sending}, now(), gen_random_uuid(),
              clock_timestamp() - interval '1 second')
            """).ExecuteAsync(CancellationToken.None);

        Assert.Equal("INTERRUPTED", (await host.InvitationAsync(directory, "ada", InvitationState.Uncertain)).LastError);
    }

    [Fact]
    public async Task The_difference_says_how_many_invitations_an_activation_would_send()
    {
        var directory = await host.NewInvitingAsync(DirectoryState.Preview);
        await UserAsync(directory, "ada", 1);
        await UserAsync(directory, "bob", 1);
        await UserAsync(directory, "cyd", 1, p => p.Active = false);
        await UserAsync(directory, "eve", 1, p => p.Email = "");
        await UserAsync(directory, "old", 1);
        await host.Database.Sql(InvitationPeriods.Exempt([new(directory.Id, "old")], DateTimeOffset.UtcNow)).ExecuteAsync(CancellationToken.None);

        Assert.Equal(2, (await host.Reads.GetDifferenceAsync(new() { DirectoryId = directory.Id })).Invitations);
        await directory.TellAsync(DirectoryState.Active, invitations: true);

        await host.InvitationAsync(directory, "ada", InvitationState.Sent);
        await host.InvitationAsync(directory, "bob", InvitationState.Sent);
        await host.InvitationAsync(directory, "eve", InvitationState.NoAddress);
        await host.InvitationAsync(directory, "old", InvitationState.Exempt);
        Assert.Equal(0, (await host.Reads.GetDifferenceAsync(new() { DirectoryId = directory.Id })).Invitations);
    }

    [Fact]
    public async Task A_pause_holds_invitations_back_and_a_policy_that_is_switched_off_withdraws_them()
    {
        var held = await host.NewInvitingAsync();
        var off = await host.NewInvitingAsync();
        foreach (var directory in new[] { held, off })
        {
            await UserAsync(directory, "ada", 1, p => p.Email = "");
            await host.InvitationAsync(directory, "ada", InvitationState.NoAddress);
        }

        await held.TellAsync(DirectoryState.Paused, invitations: true);
        await off.TellAsync(DirectoryState.Active);
        await host.Database.Sql(InvitationPeriods.Address([new(held.Id, "ada"), new(off.Id, "ada")])).ExecuteAsync(CancellationToken.None);

        await host.InvitationAsync(off, "ada", InvitationState.Withdrawn);
        await host.InvitationAsync(held, "ada", InvitationState.Pending);
        await held.TellAsync(DirectoryState.Active, invitations: true);
        await host.InvitationAsync(held, "ada", InvitationState.NoAddress);
    }

    [Fact]
    public async Task Invitations_say_what_the_template_says_and_a_template_with_an_unknown_placeholder_is_refused()
    {
        var directory = await host.NewInvitingAsync();
        try
        {
            await host.Invitations.UpdateInvitationTemplateAsync(new()
            {
                Template = new()
                {
                    Subject = "{{ first_name }}, welcome", Text = "https://app.acme.com/{{user_id}}", Html = "<b>{{last_name}}</b>",
                },
            });
            await UserAsync(directory, "ada", 1, p => (p.FirstName, p.LastName) = ("Ada", "<script>"));
            await host.InvitationAsync(directory, "ada", InvitationState.Sent);
            var message = await Parse(host.Server.To(MailHost.Address(directory, "ada")).Single());
            Assert.Equal(
                ("Ada, welcome", "https://app.acme.com/ada", "<b>&lt;script&gt;</b>"), (message.Subject, message.TextBody!.TrimEnd(), message.HtmlBody!.TrimEnd()));

            var refused = await EventsHost.FailsAsync(ErrorReason.InvalidValue, async () => await host.Invitations.UpdateInvitationTemplateAsync(
                new() { Template = new() { Subject = "Hello", Text = "{{salary}}" } }));
            Assert.Contains("{{salary}}", refused.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            var usual = await host.Invitations.UpdateInvitationTemplateAsync(new());
            Assert.Null(usual.Template.UpdateTime);
        }
    }

    [Fact]
    public async Task Claims_keep_the_pace_whichever_replica_claims()
    {
        await using var quiet = new EventsHost();
        await quiet.InitializeAsync();
        var directory = await quiet.NewDirectoryAsync();
        await directory.TellAsync(DirectoryState.Active, invitations: true);
        await directory.UserAsync("ada", 1);
        await directory.UserAsync("bob", 1);
        await directory.SettledAsync();
        var store = quiet.Get<InvitationStore>();

        var claims = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => store.ClaimAsync(0.01, TimeSpan.FromMinutes(1), CancellationToken.None)));

        Assert.Single(claims, claim => claim is not null);
        await quiet.Database.Sql($"update invitation_pace set next_time = clock_timestamp()").ExecuteAsync(CancellationToken.None);
        Assert.NotNull(await store.ClaimAsync(0.01, TimeSpan.FromMinutes(1), CancellationToken.None));
    }

    private static Task UserAsync(TestDirectory directory, string userId, long version, Action<AttributeMapping.V1.Profile>? with = null) =>
        directory.UserAsync(userId, version, profile =>
        {
            profile.Email = MailHost.Address(directory, userId);
            with?.Invoke(profile);
        });

    private async Task<List<string>> InvitedAsync(TestDirectory directory) =>
        [.. (await host.Invitations.ListInvitationsAsync(new() { DirectoryId = directory.Id })).Invitations.Select(i => i.UserId)];

    private static Task<MimeMessage> Parse(ReceivedMail mail) => MimeMessage.LoadAsync(new System.IO.MemoryStream(mail.Raw));

    /// <summary>Does not wait for the mail server's answer.</summary>
    private sealed class ImpatientHost : EventsHost
    {
        public ImpatientHost(MailServer server)
            : base(("Mail:PerSecond", "200"), ("Mail:Timeout", "00:00:01")) => Add(server.Settings);
    }
}

public sealed class InvitationRulesTests
{
    private static readonly MailOptions Options = new();

    [Theory]
    [InlineData(MailOutcome.Sent, 0, InvitationState.Sent)]
    [InlineData(MailOutcome.Refused, 0, InvitationState.Failed)]
    [InlineData(MailOutcome.Uncertain, 0, InvitationState.Uncertain)]
    [InlineData(MailOutcome.Later, 47, InvitationState.Pending)]
    [InlineData(MailOutcome.Away, 49, InvitationState.Failed)]
    internal void What_follows_from_an_attempt(MailOutcome outcome, int hours, InvitationState expected) =>
        Assert.Equal(expected, InvitationRules.Decide(new(outcome), 1, TimeSpan.FromHours(hours), Options).State);

    [Fact]
    public void Waits_double_up_to_an_hour() => Assert.Equal(
        [1, 2, 4, 60, 60], new[] { 1, 2, 3, 8, 1_000 }.Select(attempt => InvitationRules.Delay(attempt, Options).TotalMinutes));

    [Theory]
    [InlineData("", "Mail:From")]
    [InlineData("Acme", "Mail:From")]
    public void Settings_without_a_sender_are_refused(string from, string expected) => Assert.Contains(
        expected, new MailOptionsValidator().Validate(null, new() { Host = "mail", From = from }).FailureMessage!, StringComparison.Ordinal);
}
