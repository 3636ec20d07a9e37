using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>
/// How the text v.t of a value that is kept as it was sent compares with a number, a boolean or a time: an expression that is null for what
/// is none, and can fail for no text.
/// </summary>
internal readonly record struct LenientValue(string Expression, object Literal)
{
    private const string Number = "case when v.t ~ '^-?[0-9]{1,100}([.][0-9]{1,100})?(e[+-]?[0-9]{1,2})?$' then v.t::numeric end";

    private const string Boolean = "case v.t when 'true' then true when 'false' then false end";

    // Made of its parts: a cast would fail on the 30th of February.
    private const string Time = """
        case when v.t ~ '^(?!0000)[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}([tT ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?([zZ]|[+-][0-9]{2}:[0-9]{2})?)?$'
        then (make_timestamp(substr(v.t, 1, 4)::int, 1, 1, 0, 0, 0)
            + make_interval(months => substr(v.t, 6, 2)::int - 1, days => substr(v.t, 9, 2)::int - 1,
                hours => coalesce(nullif(substr(v.t, 12, 2), ''), '0')::int, mins => coalesce(nullif(substr(v.t, 15, 2), ''), '0')::int,
                secs => coalesce(substring(v.t from '^.{16}:([0-9]{2}([.][0-9]+)?)'), '0')::double precision)
            - make_interval(hours => coalesce(substring(v.t from '([+-][0-9]{2}):[0-9]{2}$'), '0')::int,
                mins => (coalesce(substring(v.t from '([+-])[0-9]{2}:[0-9]{2}$'), '') || coalesce(substring(v.t from '[+-][0-9]{2}:([0-9]{2})$'), '0'))::int)
          ) at time zone 'utc' end
        """;

    /// <summary>Null if the comparison is one of text, or of an attribute without a declared type.</summary>
    public static LenientValue? Of(Comparison comparison) => (comparison.Path.Type, comparison.Value.KindCase) switch
    {
        (AttributeType.Integer or AttributeType.Decimal, FilterValue.KindOneofCase.NumberValue) =>
            new(Number, ComparisonSql.Number(comparison.Value)),
        (AttributeType.Boolean, FilterValue.KindOneofCase.BooleanValue) => new(Boolean, comparison.Value.BooleanValue),
        (AttributeType.DateTime, FilterValue.KindOneofCase.StringValue) when DateTimes.TryParse(comparison.Value.StringValue, out var time) =>
            new(Time, time),
        _ => null,
    };
}
