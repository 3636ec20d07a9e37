using System.Text.Json;

namespace DirectorySync.Gateway.Scim.Mapping;

/// <summary>A page across resource types: users, then groups.</summary>
internal sealed class RootPage(UserPage? users, GroupPage? groups, string next = "") : IDisposable
{
    public int Count => (users?.Count ?? 0) + (groups?.Count ?? 0);

    public long Total => (users?.Total ?? 0) + (groups?.Total ?? 0);

    /// <summary>Cursor of the page behind this one; empty on the last.</summary>
    public string Next => next;

    public async Task WriteAsync(HttpContext http, Utf8JsonWriter writer)
    {
        await (users?.WriteAsync(http, writer) ?? Task.CompletedTask);
        await (groups?.WriteAsync(http, writer) ?? Task.CompletedTask);
    }

    public void Dispose() => groups?.Dispose();
}
