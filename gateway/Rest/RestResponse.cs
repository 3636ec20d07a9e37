using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Gateway.Rest;

/// <summary>Answers of the REST API.</summary>
internal static class RestResponse
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task OkAsync(HttpContext http, JsonNode body) => WriteAsync(http, StatusCodes.Status200OK, body);

    public static Task CreatedAsync(HttpContext http, JsonNode body) => WriteAsync(http, StatusCodes.Status201Created, body);

    /// <summary>ISO 8601 with milliseconds and Z, as the contract's examples have it.</summary>
    public static string? Time(Timestamp? time) =>
        time?.ToDateTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static Task WriteAsync(HttpContext http, int status, JsonNode body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=utf-8";
        return http.Response.WriteAsync(body.ToJsonString(Options), http.RequestAborted);
    }
}
