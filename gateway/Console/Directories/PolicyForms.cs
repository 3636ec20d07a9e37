using DirectorySync.Events.V1;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Rest;
using DirectorySync.Identity.V1;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DirectorySync.Gateway.Console.Directories;

/// <summary>What the form of policies does: preview, and save.</summary>
internal sealed class PolicyForms(
    DirectoryService.DirectoryServiceClient directories, ReadModelService.ReadModelServiceClient reads, DirectoryAccess access, ServiceCalls calls)
{
    // Every user is looked at.
    private static readonly TimeSpan PreviewTimeout = TimeSpan.FromSeconds(45);

    public static readonly (string Value, string Word)[] Users =
    [
        (nameof(InactiveUsers.Unspecified), "Removed (as usual)"), (nameof(InactiveUsers.Removed), "Removed: a deactivation is told as a deletion"),
        (nameof(InactiveUsers.Retained), "Retained: a deactivation is told as an update"),
    ];

    public static readonly (string Value, string Word)[] Memberships =
    [
        (nameof(InactiveMemberships.Unspecified), "Dropped (as usual)"), (nameof(InactiveMemberships.Dropped), "Dropped: they leave their groups"),
        (nameof(InactiveMemberships.Kept), "Kept: who is retained stays in groups"),
    ];

    public static readonly (string Value, string Word)[] Domains =
    [
        (nameof(EmailDomains.Unspecified), "Listed as a problem (as usual)"), (nameof(EmailDomains.Any), "Accepted"),
        (nameof(EmailDomains.Warn), "Accepted, and listed as a problem"), (nameof(EmailDomains.Refuse), "Refused"),
    ];

    public static readonly (string Value, string Word)[] Activations =
    [
        (nameof(Activation.Unspecified), "As usual in this installation"), (nameof(Activation.Automatic), "Active"), (nameof(Activation.Review), "In preview"),
    ];

    public static readonly (string Value, string Word)[] GroupNames =
        [("", "As usual: unique, but for Entra"), ("true", "Unique, whatever the case"), ("false", "May be there twice")];

    public async Task<IResult> PreviewAsync(HttpContext http, Form form)
    {
        var directory = await access.GetAsync(http);
        var request = new PreviewPoliciesRequest { DirectoryId = directory.Id, Policies = Read(form), Examples = 10 };
        form.Check();
        var preview = await calls.SendAsync(http, call => reads.PreviewPoliciesAsync(request, call).ResponseAsync, PreviewTimeout);
        Visit.Of(http).Form = form;
        return new RazorComponentResult<PoliciesPage>(new { Preview = preview });
    }

    public async Task<IResult> SaveAsync(HttpContext http, Form form)
    {
        var directory = await access.GetAsync(http);
        var request = new UpdateDirectoryRequest { Directory = new() { Id = directory.Id, Policies = Read(form) }, UpdateMask = { "policies" } };
        form.Check();
        await calls.SendAsync(http, call => directories.UpdateDirectoryAsync(request, call).ResponseAsync);
        return Pages.See($"{Pages.Console}/directories/{directory.Id}/policies", "saved");
    }

    private static DirectoryPolicies Read(Form form)
    {
        const int Most = 1_000_000;
        var policies = new DirectoryPolicies
        {
            Activation = Choice<Activation>(form, "activation"),
            InactiveUsers = Choice<InactiveUsers>(form, "inactive_users"),
            InactiveMemberships = Choice<InactiveMemberships>(form, "inactive_memberships"),
            EmailDomains = Choice<EmailDomains>(form, "email_domains"),
            EmailEqualsUserName = form.Flag("email_equals_user_name"),
            UniqueActiveEmail = form.Flag("unique_active_email"),
            RawAttributes = form.Flag("raw_attributes"),
            Invitations = form.Flag("invitations"),
            EraseInactiveAfterDays = form.Number("erase_inactive_after_days", "The days until an erasure", 0, Most),
            TokenLifetimeDays = form.Number("token_lifetime_days", "The days of a token", 0, Most),
            RateLimit = form.Number("rate_limit", "Requests a second", 0, Most),
            RateLimitBurst = form.Number("rate_limit_burst", "Requests at once", 0, Most),
        };
        if (form.Text("unique_group_names") is "true" or "false")
        {
            policies.UniqueGroupNames = form.Text("unique_group_names") == "true";
        }

        return policies;
    }

    private static T Choice<T>(Form form, string name)
        where T : struct, Enum
    {
        if (Enum.TryParse<T>(form.Text(name), out var value) && Enum.IsDefined(value))
        {
            return value;
        }

        form.Refuse(name, "Choose one of the list.");
        return default;
    }
}
