using DirectorySync.Identity.V1;

namespace DirectorySync.AttributeMapping.Engine;

/// <summary>A rule ready to be applied to users.</summary>
internal sealed class CompiledRule
{
    private readonly Transforms transforms;

    public CompiledRule(Definition definition, MappingRule rule, bool automatic, Provider provider)
    {
        Provider = provider;
        Definition = definition;
        Rule = rule;
        Automatic = automatic;
        Paths = [.. rule.Paths.Select(SourcePath.Parse)];
        transforms = new Transforms(rule.Transforms);
    }

    public Definition Definition { get; }

    public MappingRule Rule { get; }

    /// <summary>In whose words problems are told.</summary>
    public Provider Provider { get; }

    /// <summary>Nobody has said where the value is.</summary>
    public bool Automatic { get; }

    public IReadOnlyList<SourcePath> Paths { get; }

    /// <summary>The value as JSON, or null; and what is wrong, or null.</summary>
    public (string? Json, ProfileProblem? Problem) Apply(UserDocument document)
    {
        SourcePath? source = null;
        List<MappedValue> values = [];
        foreach (var path in Paths)
        {
            if (path.Read(document) is { Count: > 0 } found)
            {
                (source, values) = (path, found.ConvertAll(MappedValue.Of));
                break;
            }
        }

        (values, var unlisted) = transforms.Apply(values);
        if (values.Count > 0)
        {
            return TypedJson.Of(Definition.Type, values, out var fault) is { } json
                ? (json, unlisted is { } left ? Problems.Unlisted(this, source, left) : null)
                : (null, Problems.Invalid(this, source, values[0], fault));
        }

        return (null, unlisted is { } unknown ? Problems.Unlisted(this, source, unknown) : Definition.Required ? Problems.Missing(this) : null);
    }
}
