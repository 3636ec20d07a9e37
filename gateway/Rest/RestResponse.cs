using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Gateway.Rest;

/// <summary>Writes answers straight from the services' messages.</summary>
internal static class RestResponse
{
    private const string ContentType = "application/json; charset=utf-8";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

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

    /// <summary>A text, or null for the empty one.</summary>
    public static void WriteText(this Utf8JsonWriter json, string name, string value)
    {
        if (value.Length == 0)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, value);
        }
    }

    /// <summary>A time as 2026-01-15T12:00:00.000Z, or null.</summary>
    public static void WriteTime(this Utf8JsonWriter json, string name, Timestamp? time)
    {
        if (time is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, time.ToDateTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        }
    }
}
