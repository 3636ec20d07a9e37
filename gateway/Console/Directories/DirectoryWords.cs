using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Console.Directories;

/// <summary>States and providers in words, each state with the look of its badge.</summary>
internal static class DirectoryWords
{
    public static readonly (string Value, string Word)[] Providers =
    [
        (nameof(Provider.Okta), "Okta"), (nameof(Provider.Entra), "Microsoft Entra ID"), (nameof(Provider.Generic), "Another SCIM 2.0 provider"),
    ];

    public static string Of(Provider provider) => provider switch
    {
        Provider.Okta => "Okta",
        Provider.Entra => "Microsoft Entra ID",
        _ => "SCIM 2.0",
    };

    public static (string Word, string Look) State(Directory directory) => directory.State switch
    {
        DirectoryState.Preview => ("preview", "warn"),
        DirectoryState.Active => ("active", "ok"),
        DirectoryState.Paused => ("paused", "warn"),
        DirectoryState.Disabled => ("disabled", "bad"),
        _ => ("being deleted", "bad"),
    };

    public static (string Word, string Look) Connection(Directory directory) => directory.Connection?.State switch
    {
        ConnectionState.Tested => ("tested, nobody arrived yet", "warn"),
        ConnectionState.Connected => ("connected", "ok"),
        ConnectionState.FailingCredentials => ("wrong token", "bad"),
        _ => ("never contacted", ""),
    };

    public static string Explain(DirectoryState state) => state switch
    {
        DirectoryState.Preview => "What the identity provider sends is stored. Applications are told nothing until you activate.",
        DirectoryState.Active => "Applications are told of every change.",
        DirectoryState.Paused => "What the identity provider sends is stored. Applications are told once you resume.",
        DirectoryState.Disabled => "The identity provider is refused (403). People stay as they are, and applications are told nothing.",
        _ => "Everything in it is being removed.",
    };
}
