using DirectorySync.Gateway.Hosting;

namespace DirectorySync.Gateway.Rest;

/// <summary>/openapi.json: what this gateway serves, for programs and people; a test compares it with the routes.</summary>
internal static class ApiDescription
{
    private static readonly byte[] Json = Read();

    public static void MapApiDescription(this WebApplication app) =>
        app.MapRead("/openapi.json", () => Results.Bytes(Json, "application/json"));

    private static byte[] Read()
    {
        using var resource = typeof(ApiDescription).Assembly.GetManifestResourceStream("openapi.json")!;
        using var copy = new MemoryStream();
        resource.CopyTo(copy);
        return copy.ToArray();
    }
}
