using System.Text.Json.Nodes;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>What the gateway answered, read whole.</summary>
internal sealed record GatewayAnswer(int Status, IReadOnlyList<(string Name, string Value)> Headers, string Text)
{
    private static readonly string[] OfThisAnswer = ["Date", "X-Request-Id"];

    public bool Succeeded => Status is >= 200 and < 300;

    public JsonNode Body => JsonNode.Parse(Text) ?? throw new FormatException($"No JSON: {Text}");

    public string Id => (string)Body["id"]!;

    public string Version => (string)Body["meta"]!["version"]!;

    /// <summary>Ids of the members of a group.</summary>
    public IReadOnlyList<string> Members => [.. (Body["members"]?.AsArray() ?? []).Select(member => (string)member!["value"]!)];

    public int TotalResults => (int)Body["totalResults"]!;

    /// <summary>Ids of the resources of a list.</summary>
    public IReadOnlyList<string> Ids => [.. Body["Resources"]!.AsArray().Select(resource => (string)resource!["id"]!)];

    public string? Header(string name) =>
        Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value).SingleOrDefault();

    /// <summary>All that a client sees but what differs from one answer to the next by its nature.</summary>
    public string WithoutTheMoment =>
        $"{Status}\n{string.Join('\n', Headers.Where(header => !OfThisAnswer.Contains(header.Name, StringComparer.OrdinalIgnoreCase))
            .Order().Select(header => $"{header.Name}: {header.Value}"))}\n{Text}";

    public GatewayAnswer Expect(params int[] statuses)
    {
        Assert.True(statuses.Contains(Status), $"Expected {string.Join(" or ", statuses)}, got {Status}: {Text}");
        return this;
    }

    /// <summary>The shape of every error (RFC 7644 §3.12), with a sentence for the administrator.</summary>
    public GatewayAnswer ExpectError(int status, string? scimType = null)
    {
        Expect(status);
        Assert.StartsWith("application/scim+json", Header("Content-Type"), StringComparison.Ordinal);
        Assert.Equal("urn:ietf:params:scim:api:messages:2.0:Error", (string?)Body["schemas"]![0]);
        Assert.Equal(status.ToString(System.Globalization.CultureInfo.InvariantCulture), (string?)Body["status"]);
        Assert.False(string.IsNullOrWhiteSpace((string?)Body["detail"]), $"No detail: {Text}");
        if (scimType is not null)
        {
            Assert.Equal(scimType, (string?)Body["scimType"]);
        }

        return this;
    }
}
