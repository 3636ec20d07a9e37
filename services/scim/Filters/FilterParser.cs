using System.Globalization;
using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>Text → <see cref="Filter"/> by the grammar of RFC 7644 §3.4.2.2, with paths resolved against a resource type.</summary>
public sealed class FilterParser
{
    private readonly ResourceType type;
    private int nodes;

    private FilterParser(ResourceType type) => this.type = type;

    /// <summary>Throws invalidFilter, naming the position.</summary>
    public static Filter Parse(string text, ResourceType type)
    {
        if (text.Length > FilterLimits.Length)
        {
            throw ScimException.InvalidFilter($"The filter is longer than {FilterLimits.Length} characters.");
        }

        var scanner = new FilterScanner(text, what => ScimException.InvalidFilter($"The filter cannot be read: {what}"));
        var filter = new FilterParser(type).Or(ref scanner, null, 1);
        return scanner.Peek() == '\0' && scanner.AtEnd ? filter : throw scanner.Error("expected 'and', 'or' or the end");
    }

    /// <summary>The filter between the brackets of a value path; the scanner stands behind '['.</summary>
    internal static Filter ParseValueFilter(ref FilterScanner scanner, AttributePath parent, ResourceType type) =>
        new FilterParser(type).Or(ref scanner, parent, 2);

    private Filter Or(ref FilterScanner scanner, AttributePath? parent, int depth)
    {
        var first = And(ref scanner, parent, depth);
        if (!IsWord(ref scanner, "or"))
        {
            return first;
        }

        var or = new Or { Operands = { first } };
        while (IsWord(ref scanner, "or"))
        {
            scanner.Word();
            or.Operands.Add(And(ref scanner, parent, depth));
        }

        return Count(new Filter { Or = or }, ref scanner);
    }

    private Filter And(ref FilterScanner scanner, AttributePath? parent, int depth)
    {
        var first = Term(ref scanner, parent, depth);
        if (!IsWord(ref scanner, "and"))
        {
            return first;
        }

        var and = new And { Operands = { first } };
        while (IsWord(ref scanner, "and"))
        {
            scanner.Word();
            and.Operands.Add(Term(ref scanner, parent, depth));
        }

        return Count(new Filter { And = and }, ref scanner);
    }

    private Filter Term(ref FilterScanner scanner, AttributePath? parent, int depth)
    {
        if (depth > FilterLimits.Depth)
        {
            throw scanner.Error($"the filter is nested more than {FilterLimits.Depth} levels deep");
        }

        if (scanner.Peek() == '(')
        {
            scanner.Take();
            var inner = Or(ref scanner, parent, depth + 1);
            scanner.Expect(')', "to close the parenthesis");
            return inner;
        }

        if (IsWord(ref scanner, "not"))
        {
            var behind = scanner;
            behind.Word();
            if (behind.Peek() == '(')
            {
                scanner = behind;
                scanner.Take();
                var inner = Or(ref scanner, parent, depth + 1);
                scanner.Expect(')', "to close 'not (…)'");
                return Count(new Filter { Not = inner }, ref scanner);
            }
        }

        return Expression(ref scanner, parent, depth);
    }

    private Filter Expression(ref FilterScanner scanner, AttributePath? parent, int depth)
    {
        var start = scanner;
        var word = scanner.Word();
        if (word.IsEmpty)
        {
            throw scanner.Error("expected an attribute name");
        }

        var fault = parent is null
            ? AttributePaths.Resolve(word, type, out var path)
            : AttributePaths.ResolveSubAttribute(parent, word, type, out path);
        if (fault is not null || path.Attribute.Length == 0)
        {
            throw start.Error((fault ?? "a schema's URN is not an attribute").TrimEnd('.'));
        }

        if (type.Find(path) is { Returned: Returned.Never })
        {
            throw start.Error($"'{path.Attribute}' cannot be used in a filter");
        }

        return scanner.Here == '[' ? ValuePath(ref scanner, path, parent, depth) : Comparison(ref scanner, path, start);
    }

    private Filter ValuePath(ref FilterScanner scanner, AttributePath path, AttributePath? parent, int depth)
    {
        if (parent is not null || path.SubAttribute.Length > 0)
        {
            throw scanner.Error("brackets can only follow an attribute, and cannot be nested");
        }

        if (path.Type is not (AttributeType.Complex or AttributeType.Unspecified))
        {
            throw scanner.Error($"'{path.Attribute}' has no sub-attributes to filter by");
        }

        scanner.Take();
        var inner = Or(ref scanner, path, depth + 1);
        scanner.Expect(']', "to close the value path");
        if (scanner.Here == '.')
        {
            // emails[type eq "work"].value eq "x", as Entra matches: the same element must satisfy both.
            scanner.Take();
            var more = Expression(ref scanner, path, depth + 1);
            inner = Count(new Filter { And = new And { Operands = { inner, more } } }, ref scanner);
        }

        return Count(new Filter { ValuePath = new ValuePath { Path = path, Filter = inner } }, ref scanner);
    }

    private Filter Comparison(ref FilterScanner scanner, AttributePath path, FilterScanner start)
    {
        var behindName = scanner;
        var word = scanner.Word();
        if (word.Equals("pr", StringComparison.OrdinalIgnoreCase))
        {
            return Count(new Filter { Present = path }, ref scanner);
        }

        if (FilterOperators.Find(word) is not { } @operator)
        {
            behindName.Peek();
            throw behindName.Error(word.IsEmpty
                ? "expected an operator behind the attribute name"
                : $"the operator '{word}' is not supported; use eq, ne, co, sw, ew, gt, ge, lt, le or pr");
        }

        var comparable = AttributePaths.ToComparable(path, type, out var fault) ?? throw start.Error(fault!.TrimEnd('.'));
        scanner.Peek();
        var atValue = scanner;
        var value = Value(ref scanner);
        if (type.Find(path) is { ToldAs: AttributeType.String } && value.KindCase == FilterValue.KindOneofCase.StringValue
            && (FilterOperators.IsText(@operator) || !DateTimes.TryParse(value.StringValue, out _)))
        {
            // Told as text, it may be compared as text.
            comparable.Type = AttributeType.String;
        }

        if (FilterOperators.Fit(comparable, @operator, value) is { } mismatch)
        {
            throw atValue.Error(mismatch);
        }

        return Count(new Filter { Comparison = new Comparison { Path = comparable, Operator = @operator, Value = value } }, ref scanner);
    }

    private static FilterValue Value(ref FilterScanner scanner)
    {
        if (scanner.Peek() == '"')
        {
            return new FilterValue { StringValue = scanner.String() };
        }

        var start = scanner;
        var word = scanner.Word();
        return word switch
        {
            _ when word.Equals("true", StringComparison.OrdinalIgnoreCase) => new FilterValue { BooleanValue = true },
            _ when word.Equals("false", StringComparison.OrdinalIgnoreCase) => new FilterValue { BooleanValue = false },
            _ when word.Equals("null", StringComparison.OrdinalIgnoreCase) => new FilterValue(),
            _ when Numbers.IsJson(word) => decimal.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
                ? new FilterValue { NumberValue = word.ToString() }
                : throw start.Error("the number is too large"),
            _ => throw start.Error("expected a value: text in quotation marks, a number, true, false or null"),
        };
    }

    private static bool IsWord(ref FilterScanner scanner, string wanted) =>
        scanner.PeekWord().Equals(wanted, StringComparison.OrdinalIgnoreCase);

    private Filter Count(Filter filter, ref FilterScanner scanner) =>
        ++nodes <= FilterLimits.Nodes ? filter : throw scanner.Error($"the filter has more than {FilterLimits.Nodes} parts");
}
