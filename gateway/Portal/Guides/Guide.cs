using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Portal.Guides;

/// <summary>The steps for one kind of app, in its own words.</summary>
/// <param name="Kind">Of app.</param>
/// <param name="Slug">In addresses.</param>
/// <param name="Name">As its administrators know it.</param>
/// <param name="About">How to tell whether this is it.</param>
/// <param name="Provider">Whose it is.</param>
/// <param name="Who">Who sends the requests.</param>
/// <param name="Steps">In order, each with its title.</param>
internal sealed record Guide(
    AppKind Kind, string Slug, string Name, string About, Provider Provider, string Who, IReadOnlyList<(SetupStep Step, string Title)> Steps)
{
    private static readonly (SetupStep, string)[] OfOkta =
    [
        (SetupStep.CreateApp, "Create the app"), (SetupStep.Connect, "Configure API integration"), (SetupStep.Provisioning, "Provisioning to app"),
        (SetupStep.Attributes, "Attributes"), (SetupStep.Assign, "Assign people"), (SetupStep.Groups, "Push groups"), (SetupStep.Finish, "Finish"),
    ];

    public static IReadOnlyList<Guide> All { get; } =
    [
        new(AppKind.OktaCatalog, "okta-catalog", "Okta: an app of the catalog",
            "You add an app from Okta's App Catalog, such as “SCIM 2.0 Test App (OAuth Bearer Token)”. The quickest way if you have no app yet.",
            Provider.Okta, "Okta", OfOkta),
        new(AppKind.OktaWizard, "okta-app", "Okta: your own app",
            "You have, or make, a SAML or SWA app by the App Integration Wizard, and enable SCIM provisioning for it.",
            Provider.Okta, "Okta", OfOkta),
        new(AppKind.OktaIntegrationWizard, "okta-integration-wizard", "Okta: Okta Integration Wizard",
            "You make a private app by the newer Okta Integration Wizard.",
            Provider.Okta, "Okta", OfOkta),
        new(AppKind.Entra, "entra", "Microsoft Entra ID", "You use an enterprise application in Microsoft Entra ID, formerly Azure AD.",
            Provider.Entra, "Entra",
            [
                (SetupStep.CreateApp, "Create the application"), (SetupStep.Connect, "Connect provisioning"), (SetupStep.Attributes, "Attributes"),
                (SetupStep.Assign, "Assign users and groups"), (SetupStep.Provisioning, "Start provisioning"), (SetupStep.Groups, "Groups"),
                (SetupStep.Finish, "Finish"),
            ]),
        new(AppKind.Generic, "scim", "Another identity provider", "Anything else that provisions by SCIM 2.0: OneLogin, JumpCloud, PingOne, your own.",
            Provider.Generic, "Your identity provider",
            [
                (SetupStep.Connect, "Connect"), (SetupStep.Attributes, "Attributes"), (SetupStep.Assign, "Send people"),
                (SetupStep.Groups, "Send groups"), (SetupStep.Finish, "Finish"),
            ]),
    ];

    public bool IsOkta => Provider == Provider.Okta;

    public static Guide? Find(string slug) => All.FirstOrDefault(guide => guide.Slug == slug);

    public static Guide Of(AppKind kind) => All.Single(guide => guide.Kind == kind);

    public static string SlugOf(SetupStep step) => step switch
    {
        SetupStep.CreateApp => "create-app",
        _ => step.ToString().ToLowerInvariant(),
    };

    /// <summary>The step of that name; null: this guide has none.</summary>
    public SetupStep? FindStep(string slug) => Steps.Select(step => (SetupStep?)step.Step).FirstOrDefault(step => SlugOf(step!.Value) == slug);

    public string TitleOf(SetupStep step) => Steps.Single(one => one.Step == step).Title;

    /// <summary>The neighbours of a step; null: it is the first, or the last.</summary>
    public (SetupStep? Before, SetupStep? After) Around(SetupStep step)
    {
        var at = Steps.Index().Single(one => one.Item.Step == step).Index;
        return (at > 0 ? Steps[at - 1].Step : null, at + 1 < Steps.Count ? Steps[at + 1].Step : null);
    }
}
