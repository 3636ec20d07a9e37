using DirectorySync.Gateway.Rest;

namespace DirectorySync.Gateway.Portal.Access;

/// <summary>What the portal refuses, in its own words.</summary>
internal static class PortalErrors
{
    private const string Ask = "Ask the person who sent you the link for another one. What has been set up stays, and you go on from there.";

    public static RestError SessionOver { get; } = new(401, "session_over",
        $"This page belongs to a setup session, and there is none in this browser, or it is over: it lasts for eight hours. {Ask}");

    public static RestError Unknown { get; } = new(404, "link_unknown",
        $"This link leads nowhere: it is not complete, or it was removed. Copy it whole from the message in which it came. If it is whole: {Lower(Ask)}");

    public static RestError Opened { get; } = new(410, "link_opened",
        $"This link was opened before, and each link opens only once. If it was not you who opened it, say so. {Ask}");

    public static RestError Expired { get; } = new(410, "link_expired", $"This link's time is over. {Ask}");

    public static string Title(RestError error) => error.Code switch
    {
        "session_over" => "Your session is over",
        "link_unknown" => "This link does not work",
        "link_opened" => "This link was used",
        "link_expired" => "This link has expired",
        _ => Console.ConsoleErrors.Title(error),
    };

    private static string Lower(string text) => char.ToLowerInvariant(text[0]) + text[1..];
}
