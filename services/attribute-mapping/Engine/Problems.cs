namespace DirectorySync.AttributeMapping.Engine;

/// <summary>What is wrong with one attribute of a user, said to the administrator who can mend it.</summary>
internal static class Problems
{
    public const string RequiredMissing = "REQUIRED_MISSING";
    public const string ValueInvalid = "VALUE_INVALID";
    public const string ValueUnlisted = "VALUE_UNLISTED";

    public static ProfileProblem Invalid(CompiledRule rule, SourcePath? source, MappedValue value, string expected)
    {
        var shown = Shown(source, value);
        return new()
        {
            Code = ValueInvalid,
            Attribute = rule.Definition.Name,
            Path = source?.Text ?? "",
            Value = shown,
            Detail = $"The value \"{shown}\" of {Named(source)} is not {expected}, as the attribute {rule.Definition.Name} wants.",
            Remedy = Remedies.CorrectValue(rule.Provider, expected),
        };
    }

    public static ProfileProblem Unlisted(CompiledRule rule, SourcePath? source, MappedValue value)
    {
        var shown = Shown(source, value);
        return new()
        {
            Code = ValueUnlisted,
            Attribute = rule.Definition.Name,
            Path = source?.Text ?? "",
            Value = shown,
            Detail = $"The value \"{shown}\" of {Named(source)} is not in the value table of the attribute {rule.Definition.Name}.",
            Remedy = Remedies.CompleteTable(rule.Provider),
        };
    }

    public static ProfileProblem Missing(CompiledRule rule) => new()
    {
        Code = RequiredMissing,
        Attribute = rule.Definition.Name,
        Detail = rule.Paths.Count == 0
            ? $"The attribute {rule.Definition.Name} is required, and its mapping names no path."
            : $"The attribute {rule.Definition.Name} is required, and the person has no value at {string.Join(" or ", rule.Paths.Select(p => p.Text))}.",
        Remedy = Remedies.GiveValue(rule.Provider),
    };

    private static string Shown(SourcePath? source, MappedValue value) => Secrets.Show(source?.Text ?? "", value.Shown);

    private static string Named(SourcePath? source) => source?.Text ?? "the default";
}
