using System.Text.Json;
using DirectorySync.Gateway.Auth;
using DirectorySync.Gateway.Scim.Requests;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Messages;

/// <summary>Writes SCIM JSON straight into the response.</summary>
internal static class ScimResponse
{
    public const string MediaType = "application/scim+json";

    private const string ContentType = MediaType + "; charset=utf-8";

    /// <summary>Unsent bytes at which a stream of resources waits for the client.</summary>
    private const int FlushAt = 32 * 1024;

    /// <summary>Answers with one small document.</summary>
    public static async Task WriteAsync(HttpContext http, int status, Action<Utf8JsonWriter> write)
    {
        await using var writer = Start(http, status);
        write(writer);
        await writer.FlushAsync(http.RequestAborted);
    }

    /// <summary>Starts an answer; the caller writes and disposes.</summary>
    public static Utf8JsonWriter Start(HttpContext http, int status)
    {
        var held = http.Features.Get<HeldBody>();
        if (held is null)
        {
            http.Features.Set(held = new HeldBody());
        }

        held.Clear();
        http.Response.StatusCode = status;
        http.Response.ContentType = ContentType;
        return new Utf8JsonWriter(held, ScimJson.WriterOptions);
    }

    /// <summary>True once a body was begun, even if nothing of it has been sent.</summary>
    public static bool IsBegun(HttpContext http) => http.Response.HasStarted || http.Features.Get<HeldBody>() is not null;

    /// <summary>Sends what is left of the answer.</summary>
    public static async ValueTask EndAsync(HttpContext http)
    {
        if (http.Features.Get<HeldBody>() is { Length: > 0 } held)
        {
            // The length that a HEAD tells would be that of the GET (RFC 9110 §8.6): of groups, whose members are not read for it, it is not known.
            if (!http.Response.HasStarted && !HttpMethods.IsHead(http.Request.Method))
            {
                http.Response.ContentLength = held.Length;
            }

            RequestTrail.Find(http)?.Answers(held.Written);
            await held.SendAsync(http.Response, http.RequestAborted);
        }
    }

    /// <summary>Sends what has been written once it is worth it, and waits for a slow client: memory stays bounded.</summary>
    public static async ValueTask FlushIfLargeAsync(HttpContext http, Utf8JsonWriter writer)
    {
        if (http.Features.Get<HeldBody>() is { } held && writer.BytesPending + held.Length >= FlushAt)
        {
            await writer.FlushAsync(http.RequestAborted);
            RequestTrail.Find(http)?.Answers(held.Written);
            await held.SendAsync(http.Response, http.RequestAborted);
        }
    }

    /// <summary>The headers of an answer that is one resource: its version, and its address (RFC 7643 §3.1, "location").</summary>
    public static void Identify(HttpContext http, string location, long version)
    {
        http.Response.Headers.ContentLocation = location;
        http.Response.Headers.ETag = ETag.Of(version);
    }

    public static async Task WriteErrorAsync(HttpContext http, ScimError error)
    {
        var response = http.Response;
        if (error.RetryAfter is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (error.Status == StatusCodes.Status401Unauthorized)
        {
            // RFC 6750 §3.1: an error only if a token was sent; the same for an unknown endpoint.
            response.Headers.WWWAuthenticate = AuthorizationHeader.FindToken(http.Request.Headers.Authorization) is null
                ? "Bearer realm=\"SCIM\"" : "Bearer realm=\"SCIM\", error=\"invalid_token\"";
        }

        RequestTrail.Find(http)?.Refused(error);
        response.Headers.ETag = default;
        response.Headers.Location = default;
        response.Headers.ContentLocation = default;
        await WriteAsync(http, error.Status, error.Write);
    }
}
