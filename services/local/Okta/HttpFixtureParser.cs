using System.Globalization;
using System.Text.RegularExpressions;

namespace DirectorySync.Local.Okta;

/// <summary>
/// Reads <c>.http</c> files as editors' REST clients know them. A request begins with <c>###</c> and its title, then comment lines with
/// what is expected, the request line, headers, an empty line and the body:
/// <code>
/// ### Okta creates the user
/// # @expect 201
/// # @expect-body $.active = true
/// # @capture userId = $.id
/// POST {{baseUrl}}/Users
/// Authorization: Bearer {{token}}
///
/// {"userName": "test.user@okta.local"}
/// </code>
/// Others: <c>@expect-body $.members[*].value contains "…"</c> (or <c>lacks</c>), <c>… length 2</c>, <c>… is number</c>, <c>… absent</c>,
/// <c>@expect-header Name starts value</c>, <c>@within 600 ms</c>, <c>@set $.active = false</c>, <c>@repeat 120</c>.
/// </summary>
internal sealed partial class HttpFixtureParser
{
    private readonly string name;
    private readonly string[] lines;
    private int at;

    private HttpFixtureParser(string name, string text)
    {
        this.name = name;
        lines = text.ReplaceLineEndings("\n").Split('\n');
    }

    /// <exception cref="FormatException">The file cannot be played as it is; the message names file, line and reason.</exception>
    public static HttpFixture Parse(string name, string text) => new HttpFixtureParser(name, text).Read();

    private HttpFixture Read()
    {
        var about = new List<string>();
        while (at < lines.Length && !lines[at].StartsWith("###", StringComparison.Ordinal))
        {
            var line = lines[at].TrimStart('#', ' ');
            if (lines[at].Length > 0 && !lines[at].StartsWith('#'))
            {
                throw Wrong("expected '### title' before the first request");
            }

            if (line.Length > 0)
            {
                about.Add(line);
            }

            at++;
        }

        var requests = new List<HttpFixtureRequest>();
        while (at < lines.Length)
        {
            requests.Add(ReadRequest());
        }

        return requests.Count > 0 ? new(name, string.Join(' ', about), requests) : throw Wrong("no request");
    }

    private HttpFixtureRequest ReadRequest()
    {
        var request = new HttpFixtureRequest { Line = at + 1, Title = lines[at].TrimStart('#', ' '), Method = "", Url = "" };
        at++;
        while (at < lines.Length && (lines[at].StartsWith('#') || lines[at].Length == 0) && !IsSeparator())
        {
            request = ReadDirective(request, lines[at].TrimStart('#', ' '));
            at++;
        }

        var first = at < lines.Length ? RequestLine().Match(lines[at]) : Match.Empty;
        if (!first.Success)
        {
            throw Wrong("expected a request line such as 'GET {{baseUrl}}/Users'");
        }

        at++;
        var headers = new List<(string, string)>();
        for (; at < lines.Length && lines[at].Length > 0 && !IsSeparator(); at++)
        {
            var colon = lines[at].IndexOf(':', StringComparison.Ordinal);
            headers.Add(colon > 0 ? (lines[at][..colon].Trim(), lines[at][(colon + 1)..].Trim()) : throw Wrong("expected 'Header: value'"));
        }

        var body = new List<string>();
        for (; at < lines.Length && !IsSeparator(); at++)
        {
            body.Add(lines[at]);
        }

        var text = string.Join('\n', body).Trim();
        if (request.Statuses.Count == 0)
        {
            throw Wrong($"the request '{request.Title}' expects nothing: add '# @expect 200'");
        }

        return request with
        {
            Method = first.Groups[1].Value,
            Url = first.Groups[2].Value,
            Headers = headers,
            Body = text.Length > 0 ? text : null,
        };
    }

    private HttpFixtureRequest ReadDirective(HttpFixtureRequest request, string line)
    {
        if (!line.StartsWith('@'))
        {
            return request; // a remark
        }

        var (directive, rest) = Cut(line);
        try
        {
            switch (directive)
            {
                case "@expect":
                    return request with { Statuses = [.. rest.Split(' ').Select(status => int.Parse(status, CultureInfo.InvariantCulture))] };
                case "@expect-body":
                    return request with { BodyExpectations = [.. request.BodyExpectations, ReadExpectation(rest)] };
                case "@expect-header" when HeaderStarts().Match(rest) is { Success: true } header:
                    return request with
                    {
                        HeaderExpectations = [.. request.HeaderExpectations, (header.Groups[1].Value, header.Groups[2].Value)],
                    };
                case "@within" when Milliseconds().Match(rest) is { Success: true } time:
                    return request with
                    {
                        Within = TimeSpan.FromMilliseconds(int.Parse(time.Groups[1].Value, CultureInfo.InvariantCulture)),
                    };
                case "@capture" when Assignment().Match(rest) is { Success: true } capture:
                    return request with
                    {
                        Captures = [.. request.Captures, (capture.Groups[1].Value, JsonPath.Parse(capture.Groups[2].Value))],
                    };
                case "@set" when Assignment().Match(rest) is { Success: true } change:
                    return request with
                    {
                        Changes = [.. request.Changes, (JsonPath.Parse(change.Groups[1].Value), change.Groups[2].Value)],
                    };
                case "@repeat":
                    return request with { Repeat = int.Parse(rest, CultureInfo.InvariantCulture) };
                default:
                    throw Wrong($"'{line}' is not understood");
            }
        }
        catch (FormatException e) when (!e.Message.StartsWith(name, StringComparison.Ordinal))
        {
            throw Wrong(e.Message);
        }
    }

    private static BodyExpectation ReadExpectation(string text)
    {
        var (path, rest) = Cut(text);
        var (verb, value) = Cut(rest);
        return new(JsonPath.Parse(path), verb switch
        {
            "=" => BodyOperator.Equal,
            "!=" => BodyOperator.NotEqual,
            "contains" => BodyOperator.Contains,
            "lacks" => BodyOperator.Lacks,
            "length" => BodyOperator.Length,
            "is" => BodyOperator.Is,
            "absent" => BodyOperator.Absent,
            _ => throw new FormatException($"'{verb}' is none of =, !=, contains, lacks, length, is, absent"),
        }, value);
    }

    private static (string First, string Remainder) Cut(string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? (text, "") : (text[..space], text[(space + 1)..].Trim());
    }

    private bool IsSeparator() => lines[at].StartsWith("###", StringComparison.Ordinal);

    private FormatException Wrong(string reason) =>
        new($"{name}, line {Math.Min(at + 1, lines.Length).ToString(CultureInfo.InvariantCulture)}: {reason}.");

    [GeneratedRegex("^(GET|POST|PUT|PATCH|DELETE) (\\S+)( HTTP/1\\.1)?$")]
    private static partial Regex RequestLine();

    [GeneratedRegex("^(\\S+) starts (.+)$")]
    private static partial Regex HeaderStarts();

    [GeneratedRegex("^(\\d+) ms$")]
    private static partial Regex Milliseconds();

    [GeneratedRegex("^(\\S+) = (.+)$")]
    private static partial Regex Assignment();
}
