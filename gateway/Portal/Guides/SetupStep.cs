namespace DirectorySync.Gateway.Portal.Guides;

/// <summary>A step of a guide, and a page.</summary>
public enum SetupStep
{
    CreateApp,
    Connect,
    Provisioning,
    Attributes,
    Assign,
    Groups,
    Finish,
}
