using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DirectorySync.Local.Okta;

/// <summary>What came of one request of a step; no failure means all was as expected.</summary>
internal sealed record PlayedRequest(
    string Title, string Method, string Path, int Status, TimeSpan Time, string Body, IReadOnlyList<string> Failures);

/// <summary>Sends the requests of fixtures as Okta's SCIM client does and compares the answers; captured variables last as long as the player.</summary>
internal sealed partial class OktaPlayer : IDisposable
{
    // okta-wire.md, section 1; a fixture overrides a header by naming it.
    private static readonly (string Name, string Value)[] Envelope =
    [
        ("Accept", "application/scim+json"), ("Accept-Charset", "utf-8"), ("User-Agent", "Okta SCIM Client 1.0.0"),
        ("Accept-Encoding", "gzip,deflate"), ("Connection", "Keep-Alive"),
    ];

    private readonly HttpClient http = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate })
    {
        Timeout = TimeSpan.FromSeconds(60), // Okta closes the socket then.
    };

    private readonly Dictionary<string, string> variables;

    public OktaPlayer(string baseUrl, string token) => variables = new() { ["baseUrl"] = baseUrl.TrimEnd('/'), ["token"] = token };

    public IReadOnlyDictionary<string, string> Variables => variables;

    /// <summary>The steps of a dialect ("patch", "put") or suite ("spec"), in order.</summary>
    public static IReadOnlyList<HttpFixture> Load(string fixtures, string dialect) =>
        [.. Directory.GetFiles(Path.Combine(fixtures, dialect), "*.http")
            .Order(StringComparer.Ordinal)
            .Select(file => HttpFixtureParser.Parse($"{dialect}/{Path.GetFileName(file)}", File.ReadAllText(file)))];

    /// <summary>Plays a step; ends it at the first request that was not answered as expected, since the rest builds on it.</summary>
    public async IAsyncEnumerable<PlayedRequest> PlayAsync(
        HttpFixture fixture, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct = default)
    {
        foreach (var request in fixture.Requests)
        {
            for (var n = 1; n <= request.Repeat; n++)
            {
                variables["n"] = n.ToString(CultureInfo.InvariantCulture);
                var played = await SendAsync(fixture, request, ct);
                for (var again = 0; played.Time > request.Within && again < 3; again++)
                {
                    // Okta times a warm server: a first answer that was slow while code was compiled counts for nothing.
                    played = await SendAsync(fixture, request, ct);
                }

                if (n == request.Repeat || played.Failures.Count > 0)
                {
                    yield return played;
                }

                if (played.Failures.Count > 0)
                {
                    yield break;
                }
            }
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<PlayedRequest> SendAsync(HttpFixture fixture, HttpFixtureRequest request, CancellationToken ct)
    {
        var url = Fill(fixture, request.Url);
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), url);
        if (request.Body is not null)
        {
            message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(BodyOf(fixture, request)));
            message.Content.Headers.TryAddWithoutValidation("Content-Type",
                request.Headers.LastOrDefault(IsContentType).Value ?? "application/scim+json; charset=utf-8");
        }

        foreach (var (name, value) in Envelope.Where(common => !request.Headers.Any(own => Same(own.Name, common.Name)))
            .Concat(request.Headers.Where(header => !IsContentType(header))))
        {
            message.Headers.TryAddWithoutValidation(name, Fill(fixture, value));
        }

        var started = Stopwatch.GetTimestamp();
        using var answer = await http.SendAsync(message, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        var time = Stopwatch.GetElapsedTime(started);
        var failures = Compare(fixture, request, answer, text, time);
        return new(request.Title, request.Method, new Uri(url).PathAndQuery, (int)answer.StatusCode, time, text, failures);
    }

    private List<string> Compare(HttpFixture fixture, HttpFixtureRequest request, HttpResponseMessage answer, string text, TimeSpan time)
    {
        var failures = new List<string>();
        if (!request.Statuses.Contains((int)answer.StatusCode))
        {
            failures.Add($"expected {string.Join(" or ", request.Statuses)}, got {(int)answer.StatusCode}: {text}");
            return failures;
        }

        if (time > request.Within)
        {
            failures.Add($"expected an answer within {request.Within.Value.TotalMilliseconds} ms, took {time.TotalMilliseconds:0} ms");
        }

        foreach (var (name, start) in request.HeaderExpectations)
        {
            var values = answer.Headers.TryGetValues(name, out var own) || answer.Content.Headers.TryGetValues(name, out own)
                ? string.Join(", ", own)
                : "";
            var wanted = Fill(fixture, start);
            if (!values.StartsWith(wanted, StringComparison.Ordinal))
            {
                failures.Add($"expected header {name} to start with '{wanted}', got '{values}'");
            }
        }

        JsonNode? body = null;
        if (text.Length > 0)
        {
            if (answer.Content.Headers.ContentType?.MediaType != "application/scim+json")
            {
                failures.Add($"expected Content-Type application/scim+json, got '{answer.Content.Headers.ContentType}'");
                return failures;
            }

            body = JsonNode.Parse(text);
        }

        failures.AddRange(request.BodyExpectations
            .Select(expectation => expectation with { Value = Fill(fixture, expectation.Value) })
            .Where(expectation => !expectation.Holds(body))
            .Select(expectation => $"expected {expectation.Path} {expectation.Operator} {expectation.Value}, got {text}"));
        foreach (var (variable, path) in request.Captures)
        {
            var found = path.Select(body);
            if (found is [{ } value])
            {
                variables[variable] = value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
            }
            else
            {
                failures.Add($"expected one value at {path} to remember as {variable}, got {text}");
            }
        }

        return failures;
    }

    private string BodyOf(HttpFixture fixture, HttpFixtureRequest request)
    {
        var text = Fill(fixture, request.Body!);
        if (request.Changes.Count == 0)
        {
            return text;
        }

        var body = JsonNode.Parse(text)!;
        foreach (var (path, value) in request.Changes)
        {
            path.Set(body, JsonNode.Parse(Fill(fixture, value)));
        }

        return body.ToJsonString();
    }

    private string Fill(HttpFixture fixture, string text) => Variable().Replace(text, match =>
        variables.TryGetValue(match.Groups[1].Value, out var value)
            ? value
            : throw new FormatException($"{fixture.Name}: nothing has set the variable '{match.Groups[1].Value}'."));

    private static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);

    private static bool IsContentType((string Name, string Value) header) => Same(header.Name, "Content-Type");

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Variable();
}
