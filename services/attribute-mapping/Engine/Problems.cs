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
            Remedy = $"In Okta, correct the value in the person's profile (Directory > People), or the expression under Profile Editor > "
                + $"Mappings, so that it sends {expected}. The next update of the person is read anew.",
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
            Remedy = "Add the value to the mapping's table, or correct it in the person's Okta profile (Directory > People).",
        };
    }

    public static ProfileProblem Missing(CompiledRule rule) => new()
    {
        Code = RequiredMissing,
        Attribute = rule.Definition.Name,
        Detail = rule.Paths.Count == 0
            ? $"The attribute {rule.Definition.Name} is required, and its mapping names no path."
            : $"The attribute {rule.Definition.Name} is required, and the person has no value at {string.Join(" or ", rule.Paths.Select(p => p.Text))}.",
        Remedy = "In Okta, give the person a value (Directory > People > Profile) and check that Profile Editor > Mappings sends it to the app; "
            + "or have the mapping look elsewhere, or give a default.",
    };

    private static string Shown(SourcePath? source, MappedValue value) => Secrets.Show(source?.Text ?? "", value.Shown);

    private static string Named(SourcePath? source) => source?.Text ?? "the default";
}
