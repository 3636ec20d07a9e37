using DirectorySync.Gateway.Portal.Checks;
using DirectorySync.Gateway.Portal.Guides;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Gateway.Tests.Portal;

/// <summary>What the portal says of a connection, of people and of groups, from what arrived.</summary>
public sealed class CheckTests
{
    private static readonly DateTimeOffset Now = new(2027, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guide Okta = Guide.Of(AppKind.OktaCatalog);
    private static readonly Guide Entra = Guide.Of(AppKind.Entra);
    private static readonly DirectoryConnection Never = new() { State = ConnectionState.NeverContacted };
    private static readonly DirectoryConnection Tested = new() { State = ConnectionState.Tested, FirstContactTime = At(9), LastContactTime = At(9) };

    [Fact]
    public void Before_anything_came_the_next_thing_to_do_is_said()
    {
        Assert.Equal((CheckState.Waiting, "Make a token on this page first."), Remedy(ConnectionCheck.Of(Okta, Never, hasToken: false, Seen())));
        Assert.Equal((CheckState.Waiting, "Choose Test API Credentials."), Remedy(ConnectionCheck.Of(Okta, Never, hasToken: true, Seen())));
        Assert.Equal((CheckState.Waiting, "Choose Test Connector Configuration."),
            Remedy(ConnectionCheck.Of(Guide.Of(AppKind.OktaWizard), Never, hasToken: true, Seen())));
        Assert.Equal((CheckState.Waiting, "Choose Test Connection."), Remedy(ConnectionCheck.Of(Entra, Never, hasToken: true, Seen())));
    }

    [Fact]
    public void Oktas_own_test_is_told_from_other_requests()
    {
        var test = Request(3, "GET", "/Users", 200, query: "startIndex=1&count=2");

        Assert.Equal(new(CheckState.Done, "Okta tested the connection", "", "", Now.AddSeconds(-3)),
            ConnectionCheck.Of(Okta, Tested, hasToken: true, Seen(Request(1, "GET", "/Users", 200, query: "filter=userName eq \"a\""), test)));
        Assert.Equal("Okta is connected", ConnectionCheck.Of(Okta, Tested, hasToken: true, Seen(Request(1, "GET", "/Groups", 200))).Headline);
        Assert.Equal("Entra is connected", ConnectionCheck.Of(Entra, Tested, hasToken: true, Seen(test)).Headline);
        // Longer ago than the log of requests goes.
        Assert.Equal(CheckState.Done, ConnectionCheck.Of(Okta, Tested, hasToken: true, Seen()).State);
    }

    [Fact]
    public void A_wrong_token_counts_until_a_right_one_comes()
    {
        var (wrong, right) = (Request(5, "GET", "/Users", 401), Request(2, "GET", "/Users", 200, query: "startIndex=1&count=2"));

        Assert.Equal("Okta came with a wrong token", ConnectionCheck.Of(Okta, Never, hasToken: true, Seen(wrong)).Headline);
        Assert.Equal(CheckState.Done, ConnectionCheck.Of(Okta, Never, hasToken: true, Seen(right, wrong)).State);
        Assert.Equal(CheckState.Wrong, ConnectionCheck.Of(Okta, Never, hasToken: true, Seen(Request(1, "GET", "/Users", 401), right)).State);
        var failing = new DirectoryConnection { State = ConnectionState.FailingCredentials, FirstContactTime = At(90), LastContactTime = At(80), LastFailureTime = At(70) };
        Assert.Equal(CheckState.Wrong, ConnectionCheck.Of(Okta, failing, hasToken: true, Seen()).State);
    }

    [Fact]
    public void What_was_refused_is_said_in_the_words_of_the_answer()
    {
        var check = ConnectionCheck.Of(Okta, Never, hasToken: true, Seen(Request(1, "GET", "/Users", 403, detail: "The directory is disabled.")));

        Assert.Equal((CheckState.Wrong, "The directory is disabled."), (check.State, check.Detail));
        // That somebody is not there is no fault: Okta asks before it creates.
        Assert.Equal(CheckState.Waiting, ConnectionCheck.Of(Okta, Never, hasToken: true, Seen(Request(1, "GET", "/Users/1", 404))).State);
    }

    [Fact]
    public void The_first_person_is_named()
    {
        var ada = new User { UserName = "ada@example.com", Name = new() { GivenName = "Ada", FamilyName = "Lovelace" }, CreateTime = At(4) };

        var check = PeopleCheck.Of(Okta, Tested, new() { Active = 2, Inactive = 1 }, ada, Seen());

        Assert.Equal((CheckState.Done, "First person arrived: Ada Lovelace", "2 people active, 1 inactive by now."), (check.State, check.Headline, check.Detail));
        Assert.Equal("Countess", PeopleCheck.NameOf(new() { DisplayName = "Countess", UserName = "ada" }));
        Assert.Equal("ada", PeopleCheck.NameOf(new() { UserName = "ada" }));
        Assert.Contains("Provision User", PeopleCheck.Of(Okta, Tested, new(), null, Seen()).Remedy, StringComparison.Ordinal);
        Assert.Equal("The connection was not tested yet.", PeopleCheck.Of(Okta, Never, new(), null, Seen()).Detail);
    }

    [Fact]
    public void A_person_who_was_refused_counts_until_one_is_taken()
    {
        var refused = Request(5, "POST", "/Users", 409, detail: "User name 'ada' is in use.");

        Assert.Equal("User name 'ada' is in use.", PeopleCheck.Of(Okta, Tested, new(), null, Seen(refused)).Detail);
        Assert.Equal(CheckState.Waiting, PeopleCheck.Of(Okta, Tested, new(), null, Seen(Request(1, "POST", "/Users", 201), refused)).State);
        Assert.Equal(CheckState.Wrong, PeopleCheck.Of(Okta, Tested, new(), null, Seen(Request(1, "PUT", "/Users/2", 200), refused)).State);
    }

    [Fact]
    public void Changes_and_leaving_are_seen()
    {
        Assert.Equal([CheckState.Waiting, CheckState.Waiting], PeopleCheck.Later(new() { Active = 1 }, Seen(Request(1, "POST", "/Users", 201))).Select(c => c.State));
        Assert.Equal([CheckState.Done, CheckState.Done], PeopleCheck.Later(new() { Inactive = 1 }, Seen(Request(1, "PUT", "/Users/2", 200))).Select(c => c.State));
    }

    [Fact]
    public void Groups_are_seen_and_members_that_never_came_are_missed()
    {
        var group = new Group { DisplayName = "Readers", CreateTime = At(3) };

        Assert.Equal("Group push works: “Readers” arrived", GroupCheck.Of(Okta, true, 1, group, 0, Seen()).Headline);
        Assert.Equal((CheckState.Waiting, "Push one group in the Push Groups tab."), Remedy(GroupCheck.Of(Okta, true, 0, null, 0, Seen())));
        var missing = GroupCheck.Of(Okta, true, 1, group, 2, Seen());
        Assert.Equal((CheckState.Wrong, "2 members of groups did not arrive as people"), (missing.State, missing.Headline));
        Assert.Contains("Push now", missing.Remedy, StringComparison.Ordinal);
        Assert.Equal(CheckState.Wrong, GroupCheck.Of(Okta, true, 1, group, 0, Seen(Request(1, "PUT", "/Groups/1", 400, detail: "No."))).State);
    }

    [Theory]
    [InlineData("https://sync.example.com/scim/v2/ab", null)]
    [InlineData("https://my_sync.example.com/scim/v2/ab", "underscore")]
    [InlineData("http://sync.example.com/scim/v2/ab", "https")]
    [InlineData("http://127.0.0.1:8080/scim/v2/ab", "this machine")]
    [InlineData("http://localhost:8080/scim/v2/ab", "this machine")]
    public void An_address_that_Okta_does_not_take_is_said_before_it_is_tried(string baseUrl, string? wrong)
    {
        var check = AddressCheck.Find(Okta, baseUrl);

        Assert.Equal(wrong is null, check is null);
        Assert.Contains(wrong ?? "", check?.Headline ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.2, "just now")]
    [InlineData(-5, "just now")]
    [InlineData(3, "3 s ago")]
    [InlineData(60, "1 min ago")]
    [InlineData(3599, "59 min ago")]
    [InlineData(7200, "2 h ago")]
    [InlineData(259200, "3 days ago")]
    public void How_long_ago_it_was_is_said_as_people_say_it(double seconds, string text) => Assert.Equal(text, Ago.Of(Now.AddSeconds(-seconds), Now));

    [Fact]
    public void Each_kind_of_app_has_its_own_steps_and_all_end_alike()
    {
        foreach (var guide in Guide.All)
        {
            Assert.Same(guide, Guide.Find(guide.Slug));
            Assert.Equal(SetupStep.Finish, guide.Steps[^1].Step);
            Assert.Equal(guide.Steps.Count, guide.Steps.Select(step => Guide.SlugOf(step.Step)).Distinct().Count());
            Assert.All(guide.Steps, step => Assert.Equal(step.Step, guide.FindStep(Guide.SlugOf(step.Step))));
            Assert.Null(guide.Around(guide.Steps[0].Step).Before);
            Assert.Equal(guide.Steps[1].Step, guide.Around(guide.Steps[0].Step).After);
            Assert.Null(guide.Around(SetupStep.Finish).After);
        }

        Assert.Null(Guide.Find("okta"));
        Assert.Null(Guide.Of(AppKind.Generic).FindStep("create-app"));
    }

    private static (CheckState, string) Remedy(Check check) => (check.State, check.Remedy);

    private static Traffic Seen(params ScimRequest[] newestFirst) => new(newestFirst);

    private static ScimRequest Request(int secondsAgo, string method, string path, int status, string query = "", string detail = "") =>
        new() { CreateTime = At(secondsAgo), Method = method, Path = path, Query = query, Status = status, Detail = detail };

    private static Timestamp At(int secondsAgo) => Now.AddSeconds(-secondsAgo).ToTimestamp();
}
