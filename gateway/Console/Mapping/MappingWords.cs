using DirectorySync.AttributeMapping.V1;

namespace DirectorySync.Gateway.Console.Mapping;

/// <summary>Rules and findings in words.</summary>
internal static class MappingWords
{
    public static (string Word, string Look) Of(DiagnosisCode code) => code switch
    {
        DiagnosisCode.InUse => ("in use", "ok"),
        DiagnosisCode.NotNeeded => ("not needed", ""),
        DiagnosisCode.NeverArrived => ("never arrived", "warn"),
        DiagnosisCode.NoLongerArrives => ("no longer arrives", "warn"),
        DiagnosisCode.OtherNamespace => ("other namespace", "bad"),
        DiagnosisCode.DiffersInCase => ("other case", "ok"),
        DiagnosisCode.VariableName => ("variable name", "bad"),
        DiagnosisCode.ValuesInvalid => ("wrong values", "bad"),
        DiagnosisCode.RequiredMissing => ("missing", "bad"),
        _ => ("not defined", "bad"),
    };

    public static string Of(Transform transform) => transform.KindCase switch
    {
        Transform.KindOneofCase.Trim => "without white space around",
        Transform.KindOneofCase.Lower => "in lower case",
        Transform.KindOneofCase.Prefix => $"with “{transform.Prefix.Text}” in front",
        Transform.KindOneofCase.Default => $"without a value: {transform.Default.Json}",
        Transform.KindOneofCase.ValueTable => $"by a table of {transform.ValueTable.Entries.Count} values",
        _ => "",
    };
}
