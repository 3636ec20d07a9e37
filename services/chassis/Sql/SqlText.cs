using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace DirectorySync.Chassis.Sql;

/// <summary>
/// SQL written as an interpolated string, in which every hole becomes a parameter: text cannot be injected.
/// A hole that holds another <see cref="SqlText"/> splices it in with its parameters.
/// </summary>
[InterpolatedStringHandler]
public sealed class SqlText
{
    private readonly StringBuilder text;
    private readonly List<NpgsqlParameter> parameters;

    /// <summary>Called by the compiler.</summary>
    public SqlText(int literalLength, int formattedCount)
    {
        text = new StringBuilder(literalLength + (formattedCount * 3));
        parameters = new List<NpgsqlParameter>(formattedCount);
    }

    /// <summary>The empty text, for a hole that is sometimes nothing.</summary>
    public static SqlText Empty => new(0, 0);

    /// <summary>
    /// Text from pieces: literals[0], parameters[0], literals[1], … The literals must come from the program, never from a request.
    /// </summary>
    public static SqlText FromParts(IReadOnlyList<string> literals, IReadOnlyList<object?> parameters)
    {
        var sql = new SqlText(64, parameters.Count);
        for (var i = 0; i < literals.Count; i++)
        {
            sql.AppendLiteral(literals[i]);
            if (i < parameters.Count)
            {
                sql.AppendObject(parameters[i]);
            }
        }

        return sql;
    }

    /// <summary>A number as it stands, for a limit that a plan for all values has to know: each number is a statement of its own.</summary>
    public static SqlText Number(int number) => FromParts([number.ToString(CultureInfo.InvariantCulture)], []);

    /// <summary>Called by the compiler for the text between holes.</summary>
    public void AppendLiteral(string literal) => text.Append(literal);

    /// <summary>Called by the compiler for a hole: adds a parameter.</summary>
    public void AppendFormatted<T>(T value) => Add(new NpgsqlParameter<T> { TypedValue = value });

    /// <summary>A text parameter, which may be null.</summary>
    public void AppendFormatted(string? value) =>
        Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)value ?? DBNull.Value });

    /// <summary>A time; PostgreSQL wants it in UTC.</summary>
    public void AppendFormatted(DateTimeOffset value) => Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = value.ToUniversalTime() });

    /// <summary>A time that may be null.</summary>
    public void AppendFormatted(DateTimeOffset? value) => Add(new NpgsqlParameter
    {
        NpgsqlDbType = NpgsqlDbType.TimestampTz,
        Value = value is { } time ? time.ToUniversalTime() : DBNull.Value,
    });

    /// <summary>JSON text for a jsonb column.</summary>
    public void AppendFormatted(Jsonb value) => Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = value.Text });

    /// <summary>Splices other SQL in.</summary>
    public void AppendFormatted(SqlText value)
    {
        // Renumbers the spliced text's parameters behind ours.
        var spliced = value.text.ToString();
        var at = 0;
        for (var dollar = spliced.IndexOf('$', StringComparison.Ordinal); dollar >= 0; dollar = spliced.IndexOf('$', at))
        {
            var end = dollar + 1;
            while (end < spliced.Length && char.IsAsciiDigit(spliced[end]))
            {
                end++;
            }

            text.Append(spliced, at, dollar + 1 - at);
            if (end > dollar + 1)
            {
                var number = int.Parse(spliced.AsSpan(dollar + 1, end - dollar - 1), CultureInfo.InvariantCulture);
                text.Append(CultureInfo.InvariantCulture, $"{number + parameters.Count}");
            }

            at = end;
        }

        text.Append(spliced, at, spliced.Length - at);
        parameters.AddRange(value.parameters.Select(parameter => parameter.Clone()));
    }

    internal NpgsqlBatchCommand ToBatchCommand()
    {
        var command = new NpgsqlBatchCommand(text.ToString());
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter.Collection is null ? parameter : parameter.Clone());
        }

        return command;
    }

    internal NpgsqlCommand ToCommand(NpgsqlConnection? connection, NpgsqlTransaction? transaction)
    {
        var command = new NpgsqlCommand(text.ToString(), connection, transaction);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter.Collection is null ? parameter : parameter.Clone());
        }

        return command;
    }

    private void AppendObject(object? value)
    {
        switch (value)
        {
            case string or null:
                AppendFormatted((string?)value);
                break;
            case DateTimeOffset time:
                AppendFormatted(time);
                break;
            case SqlText sql:
                AppendFormatted(sql);
                break;
            default:
                Add(new NpgsqlParameter { Value = value });
                break;
        }
    }

    private void Add(NpgsqlParameter parameter)
    {
        parameters.Add(parameter);
        text.Append(CultureInfo.InvariantCulture, $"${parameters.Count}");
    }
}

/// <summary>JSON text that goes into a jsonb column.</summary>
public readonly record struct Jsonb(string Text);
