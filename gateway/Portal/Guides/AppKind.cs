namespace DirectorySync.Gateway.Portal.Guides;

/// <summary>What sends people here: its screens, and what it can do, differ.</summary>
public enum AppKind
{
    /// <summary>Okta: an app of the catalog, for example "SCIM 2.0 Test App (OAuth Bearer Token)".</summary>
    OktaCatalog,

    /// <summary>Okta: an app of one's own, made by the App Integration Wizard, with SCIM provisioning enabled.</summary>
    OktaWizard,

    /// <summary>Okta: a private app made by the Okta Integration Wizard.</summary>
    OktaIntegrationWizard,

    /// <summary>Microsoft Entra ID.</summary>
    Entra,

    /// <summary>Anything else that speaks SCIM 2.0.</summary>
    Generic,
}
