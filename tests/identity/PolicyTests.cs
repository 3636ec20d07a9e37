using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using Grpc.Core;
using static DirectorySync.Identity.Tests.IdentityService;

namespace DirectorySync.Identity.Tests;

/// <summary>The directory's policies: what they refuse, what they only list, and that a deactivation always passes.</summary>
public sealed class PolicyTests(IdentityService identity) : IClassFixture<IdentityService>
{
    [Fact]
    public async Task The_primary_address_must_equal_the_user_name_where_a_directory_wants_it()
    {
        var directory = await identity.CreateDirectoryAsync(new() { EmailEqualsUserName = true });
        await identity.CreateUserAsync(directory.Id, Person("Ada@acme.com"));
        var other = Person("grace");
        other.Emails[0].Value = "grace@acme.com";

        var error = await FailsAsync(ErrorReason.EmailNotUserName, () => identity.CreateUserAsync(directory.Id, other));

        Assert.Equal("emails.value", error.FindMetadata("attribute"));
        Assert.Equal("grace@acme.com", error.FindMetadata("value"));
        Assert.Contains("Sign On", error.FindMetadata("remedy"), StringComparison.Ordinal);
        Assert.Contains(error.FindMetadata("remedy")!, error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deactivation_that_breaks_a_policy_is_listed_and_heals_with_the_next_right_write()
    {
        var directory = await identity.CreateDirectoryAsync(
            new() { EmailEqualsUserName = true, EmailDomains = EmailDomains.Refuse }, "acme.com");
        var user = await identity.CreateUserAsync(directory.Id, Person("ada@acme.com"));
        user.Emails[0].Value = "ada@evil.com";
        user.Active = false;

        user = await identity.ReplaceUserAsync(user);

        Assert.False(user.Active);
        var problems = await identity.ProblemsAsync(directory.Id);
        Assert.Equal(["EMAIL_DOMAIN_FOREIGN", "EMAIL_NOT_USER_NAME"], problems.Select(problem => problem.Code).Order(StringComparer.Ordinal));
        Assert.All(problems, problem => Assert.Equal((user.Id, "emails.value"), (problem.ResourceId, problem.Attribute)));
        Assert.All(problems, problem => Assert.NotEqual("", problem.Remedy));

        user.Active = true;
        await FailsAsync(ErrorReason.EmailNotUserName, () => identity.ReplaceUserAsync(user));
        user.Emails[0].Value = "ada@acme.com";
        await identity.ReplaceUserAsync(user);

        Assert.Empty(await identity.ProblemsAsync(directory.Id));
    }

    [Fact]
    public async Task A_new_inactive_user_is_never_refused_by_a_policy()
    {
        var directory = await identity.CreateDirectoryAsync(
            new() { EmailEqualsUserName = true, EmailDomains = EmailDomains.Refuse, UniqueActiveEmail = true }, "acme.com");
        await identity.CreateUserAsync(directory.Id, Person("ada@acme.com"));
        var left = Person("left");
        (left.Active, left.Emails[0].Value) = (false, "ada@acme.com");

        await identity.CreateUserAsync(directory.Id, left);

        Assert.Equal(["EMAIL_NOT_USER_NAME"], (await identity.ProblemsAsync(directory.Id)).Select(problem => problem.Code));
    }

    [Theory]
    [InlineData(EmailDomains.Unspecified, true)]
    [InlineData(EmailDomains.Warn, true)]
    [InlineData(EmailDomains.Any, false)]
    public async Task Foreign_domains_are_accepted_and_listed_unless_any_is_fine(EmailDomains policy, bool listed)
    {
        var directory = await identity.CreateDirectoryAsync(new() { EmailDomains = policy }, "acme.com", "acme.org");

        await identity.CreateUserAsync(directory.Id, Person("ada@ACME.org"));
        await identity.CreateUserAsync(directory.Id, Person("grace@other.com"));

        var problems = await identity.ProblemsAsync(directory.Id);
        Assert.Equal(listed ? ["EMAIL_DOMAIN_FOREIGN"] : [], problems.Select(problem => problem.Code));
    }

    [Fact]
    public async Task Foreign_domains_are_refused_where_a_directory_says_so()
    {
        var directory = await identity.CreateDirectoryAsync(new() { EmailDomains = EmailDomains.Refuse }, "acme.com");

        var error = await FailsAsync(
            ErrorReason.EmailDomainNotAllowed, () => identity.CreateUserAsync(directory.Id, Person("eve@notacme.com")));

        Assert.Contains("acme.com", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_domains_no_address_is_foreign()
    {
        var directory = await identity.CreateDirectoryAsync(new() { EmailDomains = EmailDomains.Refuse });

        await identity.CreateUserAsync(directory.Id, Person("ada@anywhere.com"));

        Assert.Empty(await identity.ProblemsAsync(directory.Id));
    }

    [Fact]
    public async Task Of_20_parallel_active_users_with_one_address_exactly_one_is_accepted()
    {
        var directory = await identity.CreateDirectoryAsync(new() { UniqueActiveEmail = true });

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            var person = Person($"user-{i}");
            person.Emails[0].Value = i % 2 == 0 ? "team@acme.com" : "TEAM@acme.com";
            try
            {
                await identity.CreateUserAsync(directory.Id, person);
                return ErrorReason.Unspecified;
            }
            catch (RpcException e)
            {
                return e.Reason();
            }
        }));

        Assert.Single(outcomes, ErrorReason.Unspecified);
        Assert.Equal(19, outcomes.Count(outcome => outcome == ErrorReason.EmailTaken));
    }

    [Fact]
    public async Task An_address_is_free_again_when_its_owner_leaves_and_taken_when_he_returns()
    {
        var directory = await identity.CreateDirectoryAsync(new() { UniqueActiveEmail = true });
        var first = await identity.CreateUserAsync(directory.Id, Person("team@acme.com"));
        var second = Person("second");
        second.Emails[0].Value = "Team@acme.com";

        var error = await FailsAsync(ErrorReason.EmailTaken, () => identity.CreateUserAsync(directory.Id, second));
        Assert.Equal("team@acme.com", error.FindMetadata("value"));

        first.Active = false;
        first = await identity.ReplaceUserAsync(first);
        await identity.CreateUserAsync(directory.Id, second);

        await FailsAsync(ErrorReason.EmailTaken, () => identity.PatchUserAsync(first, """[{"op":"replace","value":{"active":true}}]"""));
        Assert.False((await identity.GetUserAsync(first)).Active);
    }

    [Fact]
    public async Task Shared_addresses_are_listed_for_both_until_one_changes()
    {
        var directory = await identity.CreateDirectoryAsync();
        var first = await identity.CreateUserAsync(directory.Id, Person("team@acme.com"));
        var second = Person("second");
        second.Emails[0].Value = "Team@acme.com";
        second = await identity.CreateUserAsync(directory.Id, second);

        var problems = await identity.ProblemsAsync(directory.Id);
        Assert.All(problems, problem => Assert.Equal("DUPLICATE_EMAIL", problem.Code));
        Assert.Equal([first.Id, second.Id], problems.Select(problem => problem.ResourceId).Order(StringComparer.Ordinal));

        first.Active = false;
        await identity.ReplaceUserAsync(first);
        Assert.Empty(await identity.ProblemsAsync(directory.Id));
    }

    [Fact]
    public async Task A_changed_policy_holds_for_the_very_next_write_on_every_replica()
    {
        var directory = await identity.CreateDirectoryAsync();
        await using var other = identity.StartReplica();
        var person = Person("grace");
        await other.Users.CreateUserAsync(new() { DirectoryId = directory.Id, User = person });

        await identity.Directories.UpdateDirectoryAsync(new()
        {
            Directory = new() { Id = directory.Id, Policies = new() { EmailEqualsUserName = true } },
            UpdateMask = { "policies.email_equals_user_name" },
        });
        (person.UserName, person.Emails[0].Value) = ("hopper", "grace@acme.com");
        await FailsAsync(ErrorReason.EmailNotUserName, async () => await other.Users.CreateUserAsync(
            new() { DirectoryId = directory.Id, User = person }));

        await identity.Directories.UpdateDirectoryAsync(new()
        {
            Directory = new() { Id = directory.Id }, UpdateMask = { "policies.email_equals_user_name" },
        });
        await other.Users.CreateUserAsync(new() { DirectoryId = directory.Id, User = person });
    }

    [Fact]
    public async Task New_domains_of_the_organization_hold_for_the_very_next_write()
    {
        var directory = await identity.CreateDirectoryAsync(new() { EmailDomains = EmailDomains.Refuse }, "acme.com");
        await identity.CreateUserAsync(directory.Id, Person("ada@acme.com"));

        await identity.Organizations.UpdateOrganizationAsync(new()
        {
            Organization = new() { Id = directory.OrganizationId, Domains = { new OrganizationDomain { Domain = "New.com" } } },
            UpdateMask = { "domains" },
        });

        await identity.CreateUserAsync(directory.Id, Person("grace@new.com"));
        await FailsAsync(ErrorReason.EmailDomainNotAllowed, () => identity.CreateUserAsync(directory.Id, Person("eve@acme.com")));
    }
}
