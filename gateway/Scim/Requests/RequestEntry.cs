using DirectorySync.Identity.V1;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Gateway.Scim.Requests;

/// <summary>A request that is over → what is kept of it.</summary>
internal static class RequestEntry
{
    private const int LongestPath = 1024;
    private const int LongestText = 4096;
    private const int LongestName = 256;

    public static ScimRequest Of(RequestTrail trail)
    {
        var redaction = new Redaction();
        var query = redaction.Query(trail.Query);
        var body = Body(redaction, trail.Body, trail.BodySize);
        var entry = new ScimRequest
        {
            Id = Guid.CreateVersion7(trail.Time).ToString(), DirectoryId = trail.DirectoryId, Endpoint = trail.Endpoint,
            CreateTime = trail.Time.ToTimestamp(), Method = Fit(trail.Method, LongestName), Path = Fit(redaction.Echo(trail.Path), LongestPath),
            Query = Fit(query, LongestText), Status = trail.Status, Duration = trail.Duration.ToDuration(), TokenId = trail.TokenId,
            UserAgent = Fit(trail.UserAgent, LongestName), RequestId = trail.RequestId, TraceId = trail.TraceId,
            RequestBody = body, ResponseBody = Answer(redaction, trail),
        };
        if (trail.Error is { } error)
        {
            (entry.ScimType, entry.Detail) = (error.ScimType ?? "", Fit(redaction.Echo(error.Detail), LongestText));
        }

        return entry;
    }

    /// <summary>Says that so many requests of a directory, or an endpoint, are in no log.</summary>
    public static ScimRequest Missing(string directoryId, string endpoint, long count, DateTimeOffset time) => new()
    {
        Id = Guid.CreateVersion7(time).ToString(), DirectoryId = directoryId, Endpoint = endpoint, CreateTime = time.ToTimestamp(), Missing = count,
    };

    private static ScimRequestBody? Body(Redaction redaction, ReadOnlyMemory<byte> beginning, long size)
    {
        if (size == 0)
        {
            return null;
        }

        var (text, isWhole) = redaction.Json(beginning.Span);
        return new() { Text = text, Size = size, Cut = !isWhole };
    }

    // The answer to an error says again what was wrong.
    private static ScimRequestBody? Answer(Redaction redaction, RequestTrail trail)
    {
        var answer = Body(redaction, trail.Answer, trail.AnswerSize);
        if (answer is not null)
        {
            answer.Text = redaction.Echo(answer.Text);
        }

        return answer;
    }

    private static string Fit(string text, int longest)
    {
        var end = text.Length <= longest ? text.Length : char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest;
        return text[..end].Replace('\0', '\uFFFD');
    }
}
