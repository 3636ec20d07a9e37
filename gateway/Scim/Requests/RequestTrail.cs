using System.Diagnostics;
using System.IO.Pipelines;
using DirectorySync.Gateway.Scim.Messages;

namespace DirectorySync.Gateway.Scim.Requests;

/// <summary>What is noted of a SCIM request while it is worked on: references and short copies only, made readable when it is over.</summary>
internal sealed class RequestTrail(DateTimeOffset time, int bodyLimit)
{
    private readonly long started = Stopwatch.GetTimestamp();
    private byte[] answer = [];

    public DateTimeOffset Time => time;

    public TimeSpan Duration { get; private set; }

    public string Method { get; private set; } = "";

    public string Path { get; private set; } = "";

    public string Query { get; private set; } = "";

    public int Status { get; private set; }

    public string UserAgent { get; private set; } = "";

    public string RequestId { get; private set; } = "";

    public string TraceId { get; private set; } = "";

    /// <summary>Whose it is; empty: no token opened a directory.</summary>
    public string DirectoryId { get; private set; } = "";

    /// <summary>Key or label, if no token opened its directory.</summary>
    public string Endpoint { get; private set; } = "";

    public string TokenId { get; private set; } = "";

    public ScimError? Error { get; private set; }

    /// <summary>The beginning of the body.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    public long BodySize { get; private set; }

    /// <summary>The beginning of the answer.</summary>
    public ReadOnlyMemory<byte> Answer => answer;

    public long AnswerSize { get; private set; }

    /// <summary>False for what is nobody's: it is not logged.</summary>
    public bool IsOfDirectory => DirectoryId.Length > 0 || Endpoint.Length > 0;

    /// <summary>Memory that it holds, about.</summary>
    public int Weight => 500 + Body.Length + answer.Length;

    /// <summary>The request's; null: it is not logged.</summary>
    public static RequestTrail? Find(HttpContext http) => http.Features.Get<RequestTrail>();

    public void Belongs(string directoryId, string tokenId) => (DirectoryId, TokenId) = (directoryId, tokenId);

    public void Addressed(string endpoint) => Endpoint = endpoint;

    public void Refused(ScimError error) => (Error, answer, AnswerSize) = (error, [], 0);

    /// <summary>A body that nobody changes any more: kept as it is while it is small.</summary>
    public void Brings(ReadOnlyMemory<byte> body) =>
        (BodySize, Body) = (body.Length, body.Length <= bodyLimit ? body : body[..bodyLimit].ToArray());

    /// <summary>A body that is read elsewhere: its beginning is copied on the way.</summary>
    public PipeReader Watch(PipeReader body) => new WatchedBody(body, bodyLimit, (beginning, size) => (Body, BodySize) = (beginning, size));

    public void Answers(ReadOnlySpan<byte> part)
    {
        var room = Math.Min(part.Length, bodyLimit - answer.Length);
        if (room > 0)
        {
            answer = [.. answer, .. part[..room]];
        }

        AnswerSize += part.Length;
    }

    /// <summary>It is over.</summary>
    public void End(HttpContext http, string path)
    {
        Duration = Stopwatch.GetElapsedTime(started);
        (Method, Path, Query) = (http.Request.Method, path, http.Request.QueryString.Value ?? "");
        Status = http.RequestAborted.IsCancellationRequested && !http.Response.HasStarted ? StatusCodes.Status499ClientClosedRequest : http.Response.StatusCode;
        (UserAgent, RequestId) = (http.Request.Headers.UserAgent.ToString(), http.TraceIdentifier);
        TraceId = Activity.Current?.TraceId.ToHexString() ?? "";
    }
}
