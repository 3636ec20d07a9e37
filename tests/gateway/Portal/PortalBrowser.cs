using System.Net;
using System.Text.RegularExpressions;

namespace DirectorySync.Gateway.Tests.Portal;

/// <summary>Reads pages and sends their forms as a browser does, with a jar for cookies, and follows redirects within the site.</summary>
internal sealed class PortalBrowser : IDisposable
{
    private readonly HttpClient http;

    public PortalBrowser(string address)
    {
        Handler = new() { UseProxy = false, AllowAutoRedirect = false, CookieContainer = new() };
        http = new(Handler) { BaseAddress = new Uri(address) };
    }

    public CookieContainer Cookies => Handler.CookieContainer;

    private SocketsHttpHandler Handler { get; }

    public Task<BrowserPage> GetAsync(string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return SendAsync(request);
    }

    /// <summary>Sends a form of the page, with what it hides and what is typed.</summary>
    public Task<BrowserPage> SubmitAsync(BrowserPage page, string action, params (string Name, string Value)[] typed) => PostAsync(
        action,
        page.Hidden(action).Where(field => !typed.Any(own => own.Name == field.Key)).Concat(typed.Select(own => KeyValuePair.Create(own.Name, own.Value))));

    public Task<BrowserPage> PostAsync(string path, IEnumerable<KeyValuePair<string, string>> fields) =>
        SendAsync(new(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields) });

    public void Dispose() => http.Dispose();

    private async Task<BrowserPage> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            var path = request.RequestUri!.OriginalString;
            using var response = await http.SendAsync(request);
            if (response.StatusCode == HttpStatusCode.SeeOther)
            {
                return await GetAsync(response.Headers.Location!.OriginalString);
            }

            return new((int)response.StatusCode, path, await response.Content.ReadAsStringAsync(), response.Headers);
        }
    }
}

/// <summary>What came.</summary>
internal sealed partial record BrowserPage(
    int Status, string Path, string Html, System.Net.Http.Headers.HttpResponseHeaders Headers)
{
    /// <summary>As a reader sees it, roughly.</summary>
    public string Text => WebUtility.HtmlDecode(Html);

    public BrowserPage Expect(int status, string? text = null)
    {
        Assert.True(status == Status, $"{Path}: {status} expected, {Status} came: {Html}");
        if (text is not null)
        {
            Assert.Contains(text, Text, StringComparison.Ordinal);
        }

        return this;
    }

    /// <summary>What the first form with this address hides.</summary>
    public IEnumerable<KeyValuePair<string, string>> Hidden(string action)
    {
        var form = Form().Matches(Html).Select(match => match.Value).FirstOrDefault(form => form.Contains($"action=\"{action}\"", StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"There is no form for {action} on {Path}: {Html}");
        return HiddenInput().Matches(form).Select(input => KeyValuePair.Create(
            Name().Match(input.Value).Groups[1].Value, WebUtility.HtmlDecode(Value().Match(input.Value).Groups[1].Value)));
    }

    [GeneratedRegex("<form.*?</form>", RegexOptions.Singleline)]
    private static partial Regex Form();

    [GeneratedRegex("<input[^>]*type=\"hidden\"[^>]*>")]
    private static partial Regex HiddenInput();

    [GeneratedRegex("name=\"([^\"]*)\"")]
    private static partial Regex Name();

    [GeneratedRegex("value=\"([^\"]*)\"")]
    private static partial Regex Value();
}
