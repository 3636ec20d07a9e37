using System.Text.Json;

namespace DirectorySync.AttributeMapping.Engine;

/// <summary>A value on its way through a rule: text, or JSON as it came.</summary>
internal readonly struct MappedValue
{
    private readonly JsonElement json;

    private MappedValue(string? text, JsonElement json) => (Text, this.json) = (text, json);

    /// <summary>Null for numbers, booleans, lists and objects.</summary>
    public string? Text { get; }

    public JsonValueKind Kind => Text is null ? json.ValueKind : JsonValueKind.String;

    public string Json => Text is null ? JsonText.Of(json) : JsonText.Of(Text);

    /// <summary>As text, if it is one value: numbers and booleans as JSON writes them.</summary>
    public string? Scalar => Kind is JsonValueKind.Object or JsonValueKind.Array ? null : Text ?? json.GetRawText();

    /// <summary>As a person reads it.</summary>
    public string Shown => Scalar ?? Json;

    public static MappedValue Of(string text) => new(text, default);

    public static MappedValue Of(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? Of(value.GetString()!) : new(null, value);
}
