using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Messages;

/// <summary>What an answer should hold (RFC 7644 §3.9): "attributes" and "excludedAttributes".</summary>
/// <param name="Projection">Null: everything that is returned by default.</param>
/// <param name="IsExplicit">"attributes" lists what is wanted: leaving something out would not do.</param>
internal sealed record Wanted(Projection? Projection, bool IsExplicit)
{
    public static Wanted Everything { get; } = new(null, false);

    public static Wanted Read(HttpRequest request, ResourceType type)
    {
        var attributes = QueryText.FindList(request, "attributes");
        var projection = Projection.Of(type, attributes, QueryText.FindList(request, "excludedAttributes"));
        return projection is null ? Everything : new(projection, !string.IsNullOrWhiteSpace(attributes));
    }

    public bool Includes(string attribute) => Projection?.Includes(attribute) ?? true;
}
