using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using DirectorySync.Gateway.Hosting;
using Microsoft.Net.Http.Headers;

namespace DirectorySync.Gateway.Console;

/// <summary>Style, script and icon, as they were built in. Their addresses change with what is in them, so browsers keep them.</summary>
internal static class AssetEndpoints
{
    private static readonly Dictionary<string, Asset> All = new[]
    {
        Asset.Read("pico.css", "text/css; charset=utf-8"), Asset.Read("console.css", "text/css; charset=utf-8"),
        Asset.Read("console.js", "text/javascript; charset=utf-8"), Asset.Read("portal.css", "text/css; charset=utf-8"), Asset.Read("icon.svg", "image/svg+xml"),
    }.ToDictionary(asset => asset.Name);

    public static void MapAssets(this IEndpointRouteBuilder routes) => routes.MapRead(Pages.Assets + "/{version}/{name}", AnswerAsync);

    /// <summary>Where a page finds it.</summary>
    public static string Address(string name) => $"{Pages.Assets}/{All[name].Version}/{name}";

    private static Task AnswerAsync(HttpContext http, string version, string name)
    {
        if (All.GetValueOrDefault(name) is not { } asset || asset.Version != version)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        http.Response.ContentType = asset.ContentType;
        http.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        http.Response.Headers.Vary = HeaderNames.AcceptEncoding;
        var isCompressed = http.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
        if (isCompressed)
        {
            http.Response.Headers.ContentEncoding = "gzip";
        }

        var content = isCompressed ? asset.Compressed : asset.Plain;
        http.Response.ContentLength = content.Length;
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.Body.WriteAsync(content, http.RequestAborted).AsTask();
    }

    private sealed record Asset(string Name, string ContentType, string Version, byte[] Plain, byte[] Compressed)
    {
        public static Asset Read(string name, string contentType)
        {
            using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"console/{name}")!;
            using var plain = new MemoryStream();
            stream.CopyTo(plain);
            using var compressed = new MemoryStream();
            using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize))
            {
                gzip.Write(plain.ToArray());
            }

            return new(name, contentType, Convert.ToHexStringLower(SHA256.HashData(plain.ToArray()))[..12], plain.ToArray(), compressed.ToArray());
        }
    }
}
