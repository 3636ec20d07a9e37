using System.Text.Json.Nodes;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Gateway.Rest;
using DirectorySync.Gateway.Scim;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Description = DirectorySync.Kit.ApiDescription;

namespace DirectorySync.Gateway.Tests.Rest;

/// <summary>
/// The description names every route, and agrees with the contract that client libraries of the hosted product speak: contract.json holds the contract's
/// paths, fields, types and required fields ("?": need not be there, "=": has this value, "@": is of that shape).
/// </summary>
public sealed class ApiDescriptionTests
{
    private static readonly JsonObject Contract =
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Rest", "contract.json")))!.AsObject();

    // What this installation does not have, and says so: no field of these is required by the contract.
    private static readonly string[] NotServed =
    [
        "Organization.domains[].verification_prefix", "Organization.domains[].verification_token",
    ];

    public static TheoryData<string> Operations => [.. Contract["operations"]!.AsObject().Select(entry => entry.Key)];

    public static TheoryData<string> EventTypes =>
        [.. Contract["shapes"]!.AsObject().Select(entry => entry.Key).Where(name => name.StartsWith("dsync.", StringComparison.Ordinal))];

    [Fact]
    public void Every_route_is_described_and_nothing_else()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Services.Configure<GatewayOptions>(options => options.AttributeMappingUrl = options.IdentityUrl = options.GroupMembershipUrl =
            options.RolesUrl = options.EventsUrl = new("http://127.0.0.1:1"));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddServiceClients().AddScim().AddRest();
        var app = builder.Build();
        app.MapHealth();
        app.MapScim();
        app.MapRest();
        app.MapApiDescription();

        var mapped = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().SelectMany(endpoint =>
            (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST", "PUT", "PATCH", "DELETE"])
                .Where(method => method != "HEAD").Select(method => $"{method} {endpoint.RoutePattern.RawText}"));
        var described = Description.Document["paths"]!.AsObject().SelectMany(path =>
            path.Value!.AsObject().Where(entry => entry.Key != "parameters").Select(entry => $"{entry.Key.ToUpperInvariant()} {path.Key}"));

        Assert.Equal(mapped.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_parameter_of_a_path_is_described_and_every_reference_leads_somewhere()
    {
        foreach (var (path, operations) in Description.Document["paths"]!.AsObject())
        {
            var named = path.Split('/').Where(part => part.StartsWith('{')).Select(part => part[1..^1]);
            Assert.Equal(named, (operations!["parameters"]?.AsArray() ?? []).Select(parameter => (string)parameter!["name"]!));
        }

        foreach (var reference in References(Description.Document))
        {
            Assert.NotNull(Description.Resolve(new JsonObject { ["$ref"] = reference }));
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void What_the_contract_asks_and_answers_is_asked_and_answered(string operation)
    {
        var (method, path) = (operation.Split(' ')[0], operation.Split(' ')[1]);
        var ours = Description.Document["paths"]![path]?[method.ToLowerInvariant()];
        if (ours is null)
        {
            Assert.Contains(operation, NotServed);
            return;
        }

        var contract = Contract["operations"]![operation]!;
        foreach (var parameter in contract["query"]?.AsArray() ?? [])
        {
            var (name, type) = ((string)parameter!).Split(':') is [var first, var second] ? (first, second) : ("", "");
            var own = (ours["parameters"]?.AsArray() ?? []).Select(one => Description.Resolve(one!)).Single(one => (string)one["name"]! == name);
            Assert.Equal(type == "@PaginationOrder" ? "string" : type, (string)Description.Resolve(own["schema"]!)["type"]!);
            Assert.False((bool?)own["required"] ?? false);
        }

        if (contract["body"] is { } body)
        {
            Assert.Empty(Asked(ours["requestBody"]!["content"]!["application/json"]!["schema"]!, ShapeOf((string)body!)!, ""));
        }

        var answers = contract["answers"]!.AsObject().Where(answer => ours["responses"]![answer.Key] is not null).ToList();
        Assert.NotEmpty(answers);
        foreach (var (status, shape) in answers)
        {
            if (ShapeOf((string)shape!) is { } expected)
            {
                var name = ((string)shape!)[1..];
                Assert.Empty(Answered(ours["responses"]![status]!["content"]!["application/json"]!["schema"]!, expected, name));
            }
        }
    }

    [Theory]
    [MemberData(nameof(EventTypes))]
    public void What_the_contract_tells_is_told(string type)
    {
        foreach (var shape in (string[])["Event", "Webhook"])
        {
            var told = Assert.Single(Description.Shape(shape)["oneOf"]!.AsArray(), one => (string)one!["properties"]!["event"]!["const"]! == type)!;
            var (name, expected) = Contract["shapes"]![type] is JsonValue reference
                ? (((string)reference!)[1..], ShapeOf((string)reference!)) : (type, Contract["shapes"]![type]);
            Assert.Empty(Answered(told["properties"]!["data"]!, expected!, name));
            var envelope = new JsonObject(Contract["shapes"]!["EventSchema"]!.AsObject().Where(field => shape == "Event" || field.Key is not ("object" or "context?"))
                .Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())));
            envelope.Remove("data");
            envelope["event"] = "string";
            Assert.Empty(Answered(told, envelope, type));
        }
    }

    // Answers have at least what the contract requires; what they have of the contract's fields has the contract's types.
    private static IEnumerable<string> Answered(JsonNode ours, JsonNode contract, string at)
    {
        ours = Description.Resolve(ours);
        if (ours["oneOf"] is JsonArray choices)
        {
            foreach (var error in choices.SelectMany(choice => Answered(choice!, contract, at)))
            {
                yield return error;
            }

            yield break;
        }

        var required = (ours["required"]?.AsArray() ?? []).Select(name => (string)name!).ToHashSet();
        foreach (var (key, type) in contract.AsObject())
        {
            var name = key.TrimEnd('?');
            if (ours["properties"]?[name] is not { } own)
            {
                if (!key.EndsWith('?') || !NotServed.Contains($"{at}.{name}"))
                {
                    yield return $"{at}.{name} is missing";
                }

                continue;
            }

            if (!key.EndsWith('?') && !required.Contains(name))
            {
                yield return $"{at}.{name} is not required";
            }

            foreach (var error in Answered(own, type!, $"{at}.{name}", name))
            {
                yield return error;
            }
        }
    }

    private static IEnumerable<string> Answered(JsonNode own, JsonNode type, string at, string name)
    {
        own = Description.Resolve(own);
        return type switch
        {
            JsonObject fields => Answered(own, fields, at),
            JsonArray items => (string?)own["type"] == "array" ? Answered(own["items"]!, items[0]!, at + "[]") : [$"{at} is no array"],
            _ => (string)type! switch
            {
                ['@', .. var shape] => Answered(own, ShapeOf("@" + shape)!, shape),
                ['[', .. var item, ']'] => (string?)own["type"] == "array" ? Answered(own["items"]!, JsonValue.Create(item), at, name) : [$"{at} is no array"],
                ['=', .. var value] => (string?)own["const"] == value ? [] : [$"{at} is not always {value}"],
                var types => Narrower(own, types) ? [] : [$"{at} is {own["type"]?.ToJsonString()}, not {types}"],
            },
        };
    }

    // Requests may have all that the contract lets clients send, and need nothing that it does not require.
    private static IEnumerable<string> Asked(JsonNode ours, JsonNode contract, string at)
    {
        ours = Description.Resolve(ours);
        foreach (var (key, type) in contract.AsObject())
        {
            var name = key.TrimEnd('?');
            if (ours["properties"]?[name] is not { } own)
            {
                yield return $"{at}.{name} is not accepted";
            }
            else if (type is JsonValue value && ((string)value!).StartsWith("[@", StringComparison.Ordinal))
            {
                foreach (var error in Asked(Description.Resolve(own)["items"]!, ShapeOf(((string)value!)[1..^1])!, $"{at}.{name}"))
                {
                    yield return error;
                }
            }
        }

        foreach (var name in (ours["required"]?.AsArray() ?? []).Select(name => (string)name!).Where(name => !contract.AsObject().ContainsKey(name)))
        {
            yield return $"{at}.{name} is required";
        }
    }

    private static bool Narrower(JsonNode own, string types)
    {
        string[] allowed = types.StartsWith("enum:", StringComparison.Ordinal) ? ["string"] : types.Split('|');
        var known = types.StartsWith("enum:", StringComparison.Ordinal) ? types["enum:".Length..].Split(',') : null;
        var values = own["enum"]?.AsArray().Select(value => (string?)value);
        return (own["type"] is JsonArray several ? several.Select(one => (string)one!) : [(string)own["type"]!]).All(allowed.Contains)
            && (known is null || (values is not null && values.All(known.Contains)));
    }

    private static JsonNode? ShapeOf(string reference) => reference.Length == 0 ? null
        : Contract["shapes"]![reference[1..]] ?? throw new InvalidOperationException(reference);

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject fields => fields.SelectMany(field => field.Key == "$ref" ? [(string)field.Value!] : References(field.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };
}
