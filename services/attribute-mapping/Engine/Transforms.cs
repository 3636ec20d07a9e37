using System.Text.Json;

namespace DirectorySync.AttributeMapping.Engine;

/// <summary>The steps of a rule, each a pure function over the values found.</summary>
internal sealed class Transforms
{
    private readonly List<Func<List<MappedValue>, MappedValue?, (List<MappedValue> Values, MappedValue? Unlisted)>> steps;

    public Transforms(IEnumerable<Transform> transforms) => steps = [.. transforms.Select(Step)];

    /// <summary>The values after all steps, and one that a table wanted to list, if there was one.</summary>
    public (List<MappedValue> Values, MappedValue? Unlisted) Apply(List<MappedValue> values)
    {
        MappedValue? unlisted = null;
        foreach (var step in steps)
        {
            (values, unlisted) = step(values, unlisted);
        }

        return (values, unlisted);
    }

    private static Func<List<MappedValue>, MappedValue?, (List<MappedValue>, MappedValue?)> Step(Transform transform)
    {
        switch (transform.KindCase)
        {
            case Transform.KindOneofCase.Trim:
                return Text(text => text.Trim());
            case Transform.KindOneofCase.Lower:
                return Text(text => text.ToLowerInvariant());
            case Transform.KindOneofCase.Prefix:
                var prefix = transform.Prefix.Text;
                return (values, unlisted) => (values.ConvertAll(v => v.Scalar is { } text ? MappedValue.Of(prefix + text) : v), unlisted);
            case Transform.KindOneofCase.Default:
                using (var document = JsonDocument.Parse(transform.Default.Json))
                {
                    var constant = document.RootElement.Clone();
                    List<MappedValue> constants = constant.ValueKind == JsonValueKind.Array
                        ? [.. constant.EnumerateArray().Select(MappedValue.Of)]
                        : [MappedValue.Of(constant)];
                    return (values, unlisted) => (values.Count == 0 ? constants : values, unlisted);
                }

            case Transform.KindOneofCase.ValueTable:
                return Table(transform.ValueTable);
            default:
                throw new InvalidOperationException($"Transform {transform.KindCase} is unknown.");
        }
    }

    private static Func<List<MappedValue>, MappedValue?, (List<MappedValue>, MappedValue?)> Text(Func<string, string> change) =>
        (values, unlisted) => ([.. values.Select(v => v.Text is { } text ? MappedValue.Of(change(text)) : v).Where(v => v.Text != "")], unlisted);

    private static Func<List<MappedValue>, MappedValue?, (List<MappedValue>, MappedValue?)> Table(ValueTable table)
    {
        var entries = table.Entries.ToDictionary(entry => entry.From, entry => entry.To, StringComparer.OrdinalIgnoreCase);
        return (values, unlisted) =>
        {
            var kept = new List<MappedValue>(values.Count);
            foreach (var value in values)
            {
                if (value.Scalar is { } text && entries.TryGetValue(text, out var to))
                {
                    if (to.Length > 0)
                    {
                        kept.Add(MappedValue.Of(to));
                    }
                }
                else if (table.Unlisted is UnlistedValue.Drop or UnlistedValue.Report)
                {
                    unlisted ??= table.Unlisted == UnlistedValue.Report ? value : null;
                }
                else
                {
                    kept.Add(value);
                }
            }

            return (kept, unlisted);
        };
    }
}
