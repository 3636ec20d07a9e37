namespace DirectorySync.Gateway.Console;

/// <summary>What a page says after a form was done. The address holds the word only, so that nobody can make a page say something else.</summary>
internal static class Notices
{
    private static readonly Dictionary<string, string> Texts = new(StringComparer.Ordinal)
    {
        ["organization-created"] = "The organization was created. Next: add a directory.",
        ["organization-renamed"] = "The organization was renamed.",
        ["organization-deleted"] = "The organization was deleted.",
        ["signed-out"] = "You are signed out.",
    };

    public static string? Find(HttpContext http) => Texts.GetValueOrDefault(http.Request.Query["said"].ToString());
}
