using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DirectorySync.Gateway.Rest;

/// <summary>Writes answers straight from the services' messages.</summary>
internal static class RestResponse
{
    private const string ContentType = "application/json; charset=utf-8";

    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task WriteAsync(HttpContext http, int status, Action<Utf8JsonWriter> write)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = ContentType;
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter, Options);
        write(json);
        await json.FlushAsync(http.RequestAborted);
    }

    public static Task WriteErrorAsync(HttpContext http, RestError error)
    {
        if (error.RetryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (error.Status == StatusCodes.Status401Unauthorized)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer realm=\"API\"";
        }

        return WriteAsync(http, error.Status, error.Write);
    }

    /// <summary>A page of a list; its neighbours are null where there are none.</summary>
    public static Task WriteListAsync<T>(
        HttpContext http, IEnumerable<T> items, Action<Utf8JsonWriter, T> write, string before = "", string after = "", long? total = null) =>
        WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("object", "list");
            json.WriteStartArray("data");
            foreach (var item in items)
            {
                write(json, item);
            }

            json.WriteEndArray();
            json.WriteStartObject("list_metadata");
            json.WriteText("before", before);
            json.WriteText("after", after);
            json.WriteEndObject();
            if (total is { } count)
            {
                json.WriteNumber("total_count", count);
            }

            json.WriteEndObject();
        });
}
