using DirectorySync.Gateway.Portal.Guides;

namespace DirectorySync.Gateway.Portal;

/// <summary>Where the pages of the setup portal are.</summary>
internal static class PortalPages
{
    public const string Portal = "/portal";
    public const string Start = "/portal/start";
    public const string Theme = "/portal/theme";
    public const string Finish = "/portal/finish";
    public const string NewDirectory = "/portal/directories/new";

    // The REST API's only route below the same word.
    private static readonly PathString Api = "/portal/generate_link";

    /// <summary>True: what is answered there is a page of the portal.</summary>
    public static bool IsPage(PathString path) => path.StartsWithSegments(Portal) && !path.StartsWithSegments(Api);

    public static string Directory(string id) => $"{Portal}/directories/{Uri.EscapeDataString(id)}";

    public static string Step(string directoryId, Guide guide, SetupStep step) => $"{Directory(directoryId)}/{guide.Slug}/{Guide.SlugOf(step)}";

    /// <summary>The address if it is one of the portal's pages, else its first page: a form may not lead elsewhere.</summary>
    public static string Own(string? address) =>
        address is not null && (address == Portal || address.StartsWith(Portal + "/", StringComparison.Ordinal))
        && !address.Contains('\\', StringComparison.Ordinal) && !address.Any(char.IsControl) ? address : Portal;
}
