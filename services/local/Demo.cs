using System.Text.RegularExpressions;

namespace DirectorySync.Local;

/// <summary>The demo directory of a run: its addresses, token and API key, as shell variables in <c>.run/demo.env</c>.</summary>
internal sealed partial record Demo(string ScimBaseUrl, string ScimToken, string ApiUrl, string ApiKey, string GrpcUrl)
{
    /// <summary>Reads the file, or answers null if there is none that holds everything.</summary>
    public static Demo? Find()
    {
        if (!File.Exists(Repository.DemoFile))
        {
            return null;
        }

        var values = File.ReadLines(Repository.DemoFile)
            .Select(line => line.Replace("export ", "", StringComparison.Ordinal).Split('=', 2))
            .Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0], parts => parts[1].Trim('\''));
        return values.TryGetValue("SCIM_BASE_URL", out var scim) && values.TryGetValue("SCIM_TOKEN", out var token)
            && values.TryGetValue("API_URL", out var api) && values.TryGetValue("API_KEY", out var key) && values.TryGetValue("GRPC_URL", out var grpc)
            ? new(scim, token, api, key, grpc)
            : null;
    }

    /// <summary>The demo of an earlier run if it still works, else a new one.</summary>
    public static async Task<Demo> EnsureAsync(RunningSystem system, Action<string> say, CancellationToken ct)
    {
        var gateway = system.GatewayUrl();
        var demo = Find() is { } kept && await kept.WorksAsync(gateway, ct)
            ? kept with
            {
                ScimBaseUrl = $"{system.Plan.PublicUrl ?? gateway}/scim/v2/{kept.ScimBaseUrl.Split('/')[^1]}",
                ApiUrl = gateway,
                GrpcUrl = system.GatewayGrpcUrl(),
            }
            : await CreateAsync(system, say, ct);
        await Secret.WritePrivateAsync(Repository.DemoFile, $"""
            SCIM_BASE_URL='{demo.ScimBaseUrl}'
            SCIM_TOKEN='{demo.ScimToken}'
            API_URL='{demo.ApiUrl}'
            API_KEY='{demo.ApiKey}'
            GRPC_URL='{demo.GrpcUrl}'

            """, ct);
        return demo;
    }

    /// <summary>An API key with every scope, from the command that makes the first one.</summary>
    public static async Task<string> CreateApiKeyAsync(RunningSystem system, CancellationToken ct)
    {
        var assembly = system.Of(Service.Identity)[0].Assembly;
        var output = await Command.RunAsync("dotnet", [assembly, "create-api-key", "--name", "demo", "--scopes", "read,write,admin"],
            environment: system.EnvironmentOf(Service.Identity, 0), folder: Path.GetDirectoryName(assembly), ct: ct);
        return ApiKeyForm().Match(output) is { Success: true } key
            ? key.Value
            : throw new CannotRunException("'Identity.dll create-api-key' printed no API key.");
    }

    private static async Task<Demo> CreateAsync(RunningSystem system, Action<string> say, CancellationToken ct)
    {
        say("creating an API key, an organization, a directory for Okta and its token");
        var apiKey = await CreateApiKeyAsync(system, ct);
        using var rest = new RestClient(system.GatewayUrl(), apiKey);
        var directory = await rest.CreateDirectoryAsync("Demo", "Demo Okta", ct: ct);
        return new(directory.ScimBaseUrl, directory.Token, system.GatewayUrl(), apiKey, system.GatewayGrpcUrl());
    }

    private async Task<bool> WorksAsync(string gateway, CancellationToken ct)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{gateway}/scim/v2/{ScimBaseUrl.Split('/')[^1]}/Users?startIndex=1&count=1");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {ScimToken}");
        using var answer = await http.SendAsync(request, ct);
        using var rest = new RestClient(gateway, ApiKey);
        return answer.IsSuccessStatusCode && await rest.IsAcceptedAsync(ct);
    }

    [GeneratedRegex(@"\bsk_\S+")]
    private static partial Regex ApiKeyForm();
}
