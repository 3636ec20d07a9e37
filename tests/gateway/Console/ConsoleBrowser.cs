using System.Net;
using System.Text.RegularExpressions;

namespace DirectorySync.Gateway.Tests.Console;

/// <summary>What a page answered.</summary>
internal sealed record ConsoleAnswer(HttpStatusCode Status, string Html, HttpResponseMessage Response)
{
    public int Code => (int)Status;

    public string Location => Response.Headers.Location?.ToString() ?? "";

    public string Header(string name) => Response.Headers.TryGetValues(name, out var values) ? string.Join("; ", values) : "";

    public IEnumerable<string> Cookies => Response.Headers.TryGetValues("Set-Cookie", out var values) ? values : [];

    /// <summary>This answer, if it has the status.</summary>
    public ConsoleAnswer Expect(int status)
    {
        Assert.True(status == Code, $"{status} expected, {Code} came: {Html}");
        return this;
    }
}

/// <summary>A browser without script: keeps cookies, reads the token of a form, and sends it.</summary>
internal sealed partial class ConsoleBrowser : IDisposable
{
    private readonly HttpClient http;

    public ConsoleBrowser(string baseUrl) => http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, CookieContainer = new() })
    {
        BaseAddress = new(baseUrl),
        Timeout = TimeSpan.FromSeconds(60),
        DefaultRequestHeaders = { { "Accept", "text/html" } },
    };

    /// <summary>Signed in by the key.</summary>
    public static async Task<ConsoleBrowser> OpenAsync(string baseUrl, string key)
    {
        var browser = new ConsoleBrowser(baseUrl);
        (await browser.SignInAsync(key)).Expect(303);
        return browser;
    }

    public Task<ConsoleAnswer> SignInAsync(string key, string back = "/console") =>
        SubmitAsync("/console/sign-in", "/console/sign-in", ("key", key), ("return", back));

    public Task<ConsoleAnswer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, null, headers);

    /// <summary>Opens a page, and sends a form of it with the page's token.</summary>
    public async Task<ConsoleAnswer> SubmitAsync(string page, string action, params (string Name, string Value)[] fields)
    {
        var html = (await GetAsync(page)).Expect(200).Html;
        return await PostAsync(action, [("__RequestVerificationToken", TokenOf(html)), .. fields]);
    }

    public Task<ConsoleAnswer> PostAsync(string action, params (string Name, string Value)[] fields) => SendAsync(
        HttpMethod.Post, action, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))), []);

    public static string TokenOf(string html) => WebUtility.HtmlDecode(Token().Match(html).Groups[1].Value);

    /// <summary>A field of a form as the page has it.</summary>
    public static string Field(string html, string name) => WebUtility.HtmlDecode(Regex.Match(html, $"name=\"{name}\" value=\"([^\"]*)\"").Groups[1].Value);

    public void Dispose() => http.Dispose();

    private async Task<ConsoleAnswer> SendAsync(HttpMethod method, string path, HttpContent? content, (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var response = await http.SendAsync(request);
        return new(response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
