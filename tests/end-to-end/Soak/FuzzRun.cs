using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Kit;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace DirectorySync.EndToEnd.Tests.Soak;

/// <summary>
/// Calls every method of the contracts and every route of the API with generated requests: nothing crashes, nothing fails for a reason of ours,
/// and a key of one organization never sees a word of another's.
/// </summary>
internal sealed class FuzzRun(TimeSpan duration, int seed, Action<string> say)
{
    private const string Foreign = "Unmentionable";

    private static readonly MethodDescriptor[] Methods =
    [
        .. typeof(User).Assembly.GetTypes().Where(type => type.Name.EndsWith("Reflection", StringComparison.Ordinal))
            .Select(type => type.GetProperty("Descriptor")?.GetValue(null)).OfType<FileDescriptor>().SelectMany(file => file.Services)
            .SelectMany(service => service.Methods),
    ];

    private static readonly string[] Services = ["identity", "group-membership", "attribute-mapping", "roles", "events"];

    private readonly List<string> failures = [];
    private readonly Dictionary<string, int> outcomes = [];

    /// <exception cref="InvalidOperationException">Something was found.</exception>
    public async Task RunAsync()
    {
        say($"fuzz: {Methods.Length} methods and every route, {duration}, seed {seed}");
        var system = new TestSystem(new() { Environment = new Dictionary<string, string> { ["Webhooks__AllowPrivate"] = "false" } });
        await system.InitializeAsync();
        try
        {
            var (own, other) = (await system.CreateDirectoryAsync(), await system.CreateDirectoryAsync());
            var (ownUser, ownGroup) = await FillAsync(own, "name");
            var (otherUser, otherGroup) = await FillAsync(other, Foreign);
            var organization = (await DirectoryOf(system, own)).OrganizationId;
            var limited = await system.Credentials.CreateApiKeyAsync(new() { Name = "fuzz", Scopes = { ApiKeyScope.Admin }, OrganizationId = organization });
            // The key of all never hears of the other one's ids: what it deletes by chance is its own.
            var mine = new[] { own.Id, ownUser, ownGroup, own.TokenId, own.EndpointKey };
            var foreign = new[] { other.Id, otherUser, otherGroup, other.TokenId, other.EndpointKey, (await DirectoryOf(system, other)).OrganizationId };
            var random = new Random(seed);
            var ofAll = new RandomMessages(random, mine);
            var ofOne = new RandomMessages(random, [.. mine, organization, .. foreign]);
            using var http = new HttpClient { BaseAddress = new(system.Stack.GatewayUrl()) };
            var started = Stopwatch.GetTimestamp();
            var requests = 0;
            while (Stopwatch.GetElapsedTime(started) < duration)
            {
                foreach (var method in Methods)
                {
                    await CallAsync(system, method, ofAll, system.ApiKey, isLimited: false, random);
                    await CallAsync(system, method, ofOne, limited.Secret, isLimited: true, random);
                }

                foreach (var (path, operations) in ApiDescription.Document["paths"]!.AsObject())
                {
                    foreach (var (verb, operation) in operations!.AsObject().Where(entry => entry.Key != "parameters"))
                    {
                        var isScim = path.StartsWith("/scim", StringComparison.Ordinal);
                        await SendAsync(http, verb, path, operation!, ofOne, isScim ? own.Token : limited.Secret, isScim ? own.EndpointKey : "", isLimited: true, random);
                        if (!isScim)
                        {
                            await SendAsync(http, verb, path, operation!, ofAll, system.ApiKey, "", isLimited: false, random);
                        }
                    }
                }

                requests++;
                foreach (var process in Services.Append("gateway"))
                {
                    _ = system.Stack.ProcessId(process);
                }
            }

            say($"fuzz: {requests} rounds; " + string.Join(", ", outcomes.OrderByDescending(outcome => outcome.Value).Select(outcome => $"{outcome.Key} {outcome.Value}")));
            foreach (var (file, log) in system.Stack.Logs())
            {
                failures.AddRange(log.Split('\n').Where(line => line.Contains("\"LogLevel\":\"Error\"", StringComparison.Ordinal)
                    || line.Contains("\"LogLevel\":\"Critical\"", StringComparison.Ordinal)).Select(line => $"{file}: {(line.Length > 1500 ? line[..1500] : line)}"));
            }

            // Untouched, and still there.
            Assert.Equal(Foreign, (await other.Scim().GetAsync("/Users/" + otherUser)).Expect(200).Body!["displayName"]!.GetValue<string>());
        }
        finally
        {
            await system.DisposeAsync();
        }

        if (failures.Count > 0)
        {
            throw new InvalidOperationException($"seed {seed}:\n" + string.Join('\n', failures.Distinct().Take(40)));
        }
    }

    private static async Task<(string User, string Group)> FillAsync(TestDirectory directory, string word)
    {
        var scim = directory.Scim();
        var user = (await scim.PostAsync("/Users", new System.Text.Json.Nodes.JsonObject
        {
            ["schemas"] = new System.Text.Json.Nodes.JsonArray("urn:ietf:params:scim:schemas:core:2.0:User"),
            ["userName"] = $"{word}@example.com", ["displayName"] = word,
        }.ToJsonString())).Expect(201).Id;
        return (user, await scim.CreateGroupAsync(word, user));
    }

    private static async Task<Identity.V1.Directory> DirectoryOf(TestSystem system, TestDirectory directory) =>
        (await new DirectoryService.DirectoryServiceClient(system.Channel()).GetDirectoryAsync(new() { Id = directory.Id }, system.Headers())).Directory;

    private async Task CallAsync(TestSystem system, MethodDescriptor method, RandomMessages messages, string key, bool isLimited, Random random)
    {
        var kind = (method.IsClientStreaming, method.IsServerStreaming) switch
        {
            (false, false) => MethodType.Unary,
            (true, false) => MethodType.ClientStreaming,
            (false, true) => MethodType.ServerStreaming,
            _ => MethodType.DuplexStreaming,
        };
        var bytes = Marshallers.Create(value => value, value => value);
        var call = new Method<byte[], byte[]>(kind, method.Service.FullName, method.Name, bytes, bytes);
        var headers = TestSystem.HeadersOf(key);
        headers.Add("directorysync-service", Services[random.Next(Services.Length)]);
        var options = new CallOptions(headers, DateTime.UtcNow.AddSeconds(kind == MethodType.ServerStreaming ? 1 : 15));
        var sent = messages.Message(method.InputType);
        var invoker = system.Channel().CreateCallInvoker();
        var answered = new List<byte[]>();
        try
        {
            switch (kind)
            {
                case MethodType.Unary:
                    answered.Add(await invoker.AsyncUnaryCall(call, null, options, sent.ToByteArray()));
                    break;
                case MethodType.ClientStreaming:
                    using (var stream = invoker.AsyncClientStreamingCall(call, null, options))
                    {
                        await stream.RequestStream.WriteAsync(sent.ToByteArray());
                        await stream.RequestStream.WriteAsync(messages.Message(method.InputType).ToByteArray());
                        await stream.RequestStream.CompleteAsync();
                        answered.Add(await stream);
                    }

                    break;
                default:
                    using (var stream = invoker.AsyncServerStreamingCall(call, null, options, sent.ToByteArray()))
                    {
                        for (var i = 0; i < 20 && await stream.ResponseStream.MoveNext(CancellationToken.None); i++)
                        {
                            answered.Add(stream.ResponseStream.Current);
                        }
                    }

                    break;
            }

            Count("OK");
        }
        catch (RpcException e)
        {
            Count($"{e.StatusCode}");
            answered.Add(Encoding.UTF8.GetBytes(e.Status.Detail));
            // What is demanded of a version that nobody has written yet has not arrived, and is said so.
            if (e.StatusCode is StatusCode.Internal or StatusCode.Unknown or StatusCode.DataLoss
                || (e.StatusCode == StatusCode.Unavailable && e.Reason() != ErrorReason.NotCaughtUp)
                || (e.StatusCode == StatusCode.DeadlineExceeded && kind != MethodType.ServerStreaming))
            {
                failures.Add($"{method.FullName}: {e.StatusCode} {e.Status.Detail} for {Short(sent.ToString())}");
            }
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            // The answer came before the whole request was sent.
            Count("ended early");
        }

        if (isLimited && answered.Exists(answer => Encoding.UTF8.GetString(answer).Contains(Foreign, StringComparison.OrdinalIgnoreCase)))
        {
            failures.Add($"{method.FullName}: another organization's data for {Short(sent.ToString())}");
        }
    }

    private async Task SendAsync(
        HttpClient http, string verb, string path, System.Text.Json.Nodes.JsonNode operation, RandomMessages messages, string key, string endpoint, bool isLimited,
        Random random)
    {
        var address = string.Join('/', path.Split('/').Select(part => part == "{endpoint}" && endpoint.Length > 0 ? endpoint
            : part.StartsWith('{') ? Uri.EscapeDataString(messages.Text()) : part));
        var query = string.Join('&', (operation["parameters"]?.AsArray() ?? []).Select(parameter => ApiDescription.Resolve(parameter!))
            .Where(parameter => (string?)parameter["in"] == "query" && random.Next(3) == 0)
            .Select(parameter => $"{parameter["name"]}={Uri.EscapeDataString(messages.Json(parameter["schema"])?.ToString() ?? "")}"));
        using var request = new HttpRequestMessage(new(verb.ToUpperInvariant()), new Uri(address + (query.Length > 0 ? "?" + query : ""), UriKind.Relative));
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
        if (operation["requestBody"] is { } wanted)
        {
            var (type, content) = wanted["content"]!.AsObject().First();
            var body = random.Next(30) == 0 ? messages.Text() : messages.Json(content!["schema"])?.ToJsonString() ?? "null";
            request.Content = new StringContent(body, Encoding.UTF8) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };
        }

        HttpResponseMessage answer;
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            answer = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, patience.Token);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or UriFormatException)
        {
            failures.Add($"{verb} {path}: {e.Message}");
            return;
        }

        using (answer)
        {
            var text = await answer.Content.ReadAsStringAsync();
            Count($"{(int)answer.StatusCode}");
            if ((int)answer.StatusCode >= 500)
            {
                failures.Add($"{verb} {Short(address)}?{Short(query)}: {(int)answer.StatusCode} {Short(text)}");
            }

            if (isLimited && text.Contains(Foreign, StringComparison.OrdinalIgnoreCase))
            {
                failures.Add($"{verb} {Short(address)}: another organization's data");
            }
        }
    }

    private void Count(string outcome) => outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;

    private static string Short(string? text) => text is { Length: > 600 } ? text[..600] : text ?? "";
}
