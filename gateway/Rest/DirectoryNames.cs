using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Rest;

/// <summary>Words of the contract for enumerations of the protos.</summary>
internal static class DirectoryNames
{
    public static readonly IReadOnlyDictionary<string, Provider> Types = new Dictionary<string, Provider>
    {
        ["okta scim v2.0"] = Provider.Okta, ["azure scim v2.0"] = Provider.Entra, ["generic scim v2.0"] = Provider.Generic,
    };

    public static readonly IReadOnlyDictionary<string, DirectoryState> Deliveries = new Dictionary<string, DirectoryState>
    {
        ["preview"] = DirectoryState.Preview, ["active"] = DirectoryState.Active, ["paused"] = DirectoryState.Paused,
        ["disabled"] = DirectoryState.Disabled, ["deleting"] = DirectoryState.Deleting,
    };

    public static readonly IReadOnlyDictionary<string, Activation> Activations = new Dictionary<string, Activation>
    {
        ["automatic"] = Activation.Automatic, ["review"] = Activation.Review,
    };

    public static readonly IReadOnlyDictionary<string, EmailDomains> EmailDomainRules = new Dictionary<string, EmailDomains>
    {
        ["any"] = EmailDomains.Any, ["warn"] = EmailDomains.Warn, ["refuse"] = EmailDomains.Refuse,
    };

    /// <summary>The word for a value; null for one that is not set.</summary>
    public static string? Of<T>(this IReadOnlyDictionary<string, T> names, T value)
        where T : struct => names.Where(name => name.Value.Equals(value)).Select(name => name.Key).FirstOrDefault();

    /// <summary>"state" of the contract: how the connection stands, not what is done with what arrives.</summary>
    public static string StateOf(Directory directory) => (directory.State, directory.Connection?.State) switch
    {
        (DirectoryState.Deleting, _) => "deleting",
        (_, ConnectionState.Tested) => "validating",
        (_, ConnectionState.Connected) => "linked",
        (_, ConnectionState.FailingCredentials) => "invalid_credentials",
        _ => "unlinked",
    };
}
