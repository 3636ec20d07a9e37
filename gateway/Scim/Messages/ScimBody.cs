using System.Net.Http.Headers;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Gateway.Scim.Requests;

namespace DirectorySync.Gateway.Scim.Messages;

/// <summary>A request body within its limits, whose media type is one of the two that identity providers send.</summary>
internal static class ScimBody
{
    /// <summary>Refuses other media types (415), and what says of itself that it is too large (413).</summary>
    public static void Accept(HttpContext http, long limit)
    {
        if (!IsAccepted(http.Request))
        {
            throw new ScimFailure(ScimStatus.Describe(StatusCodes.Status415UnsupportedMediaType));
        }

        if (http.Request.ContentLength > limit)
        {
            throw new ScimFailure(ScimErrors.TooLarge(limit));
        }
    }

    /// <summary>The whole body, for bodies that are small.</summary>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext http, int limit)
    {
        Accept(http, limit);
        var body = await SmallBody.ReadAsync(http, limit) ?? throw new ScimFailure(ScimErrors.TooLarge(limit));
        RequestTrail.Find(http)?.Brings(body);
        return body;
    }

    /// <summary>application/scim+json, application/json (Okta's SPEC test sends it) or nothing; UTF-8; not compressed.</summary>
    private static bool IsAccepted(HttpRequest request)
    {
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && encoding != "identity")
        {
            return false;
        }

        if (string.IsNullOrEmpty(request.ContentType))
        {
            return true;
        }

        return MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && type.MediaType is { } media
            && (media.Equals(ScimResponse.MediaType, StringComparison.OrdinalIgnoreCase)
                || media.Equals("application/json", StringComparison.OrdinalIgnoreCase))
            && (type.CharSet is null || type.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase)
                || type.CharSet.Trim('"').Equals("utf8", StringComparison.OrdinalIgnoreCase));
    }
}
