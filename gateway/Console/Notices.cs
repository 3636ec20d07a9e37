namespace DirectorySync.Gateway.Console;

/// <summary>What a page says after a form was done. The address holds the word only, so that nobody can make a page say something else.</summary>
internal static class Notices
{
    private static readonly Dictionary<string, string> Texts = new(StringComparer.Ordinal)
    {
        ["organization-created"] = "The organization was created. Next: add a directory.",
        ["organization-renamed"] = "The organization was renamed.",
        ["organization-deleted"] = "The organization was deleted.",
        ["saved"] = "Saved.",
        ["deleted"] = "Deleted.",
        ["done"] = "Done.",
        ["token-revoked"] = "The token was revoked: it is refused from now on.",
        ["state-changed"] = "The state was changed.",
        ["directory-deleted"] = "The directory was closed. What is in it is being removed.",
        ["user-erased"] = "The person is being erased, here and in everything that was kept.",
        ["confirmed"] = "The memberships are confirmed.",
        ["undone"] = "The mapping from before is back, as a new version.",
        ["webhook-test"] = "A test event was sent. What came of it is the first of the attempts.",
        ["replayed"] = "It was sent again. What came of it is the first of the attempts.",
        ["signed-out"] = "You are signed out.",
    };

    public static string? Find(HttpContext http) => Texts.GetValueOrDefault(http.Request.Query["said"].ToString());
}
