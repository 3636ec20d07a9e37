using System.Text;

namespace DirectorySync.Scim;

/// <summary>
/// A piece of SQL: Literals[0], Parameters[0], Literals[1], … with one literal more than there are parameters. Literals come from this
/// program only; whatever a client sent, names included, is a parameter: string, string[], bool, decimal, long or DateTimeOffset.
/// </summary>
public sealed class SqlFragment
{
    private readonly List<string> literals = [];
    private readonly List<object> parameters = [];
    private readonly StringBuilder open = new();

    /// <summary>One more than there are parameters.</summary>
    public IReadOnlyList<string> Literals => [.. literals, open.ToString()];

    public IReadOnlyList<object> Parameters => parameters;

    /// <summary>For logs and tests: the text with $1, $2, …</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (var i = 0; i < literals.Count; i++)
        {
            text.Append(literals[i]).Append('$').Append(i + 1);
        }

        return text.Append(open).ToString();
    }

    /// <summary>Text of this program.</summary>
    public SqlFragment Sql(string literal)
    {
        open.Append(literal);
        return this;
    }

    /// <summary>A value.</summary>
    public SqlFragment Parameter(object value)
    {
        literals.Add(open.ToString());
        open.Clear();
        parameters.Add(value);
        return this;
    }
}
