using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary><see cref="Filter"/> → text. Parsing the text gives the same tree.</summary>
public static class FilterPrinter
{
    public static string Print(Filter filter, ResourceType type)
    {
        var text = new StringBuilder();
        Print(filter, type, text, insideValuePath: false);
        return text.ToString();
    }

    /// <summary>Writes emails, emails.value, emails[type eq "work"] or emails[type eq "work"].value.</summary>
    public static string Print(PatchTarget target, ResourceType type)
    {
        if (target.ValueFilter is not { } filter)
        {
            return AttributePaths.Print(target.Path, type);
        }

        var attribute = target.Path.Clone();
        attribute.SubAttribute = "";
        var text = new StringBuilder(AttributePaths.Print(attribute, type)).Append('[');
        Print(filter, type, text, insideValuePath: true);
        text.Append(']');
        return target.Path.SubAttribute.Length == 0 ? text.ToString() : text.Append('.').Append(target.Path.SubAttribute).ToString();
    }

    private static void Print(Filter filter, ResourceType type, StringBuilder text, bool insideValuePath)
    {
        switch (filter.ExpressionCase)
        {
            case Filter.ExpressionOneofCase.And:
                Join(filter.And.Operands, " and ", type, text, insideValuePath);
                break;
            case Filter.ExpressionOneofCase.Or:
                Join(filter.Or.Operands, " or ", type, text, insideValuePath);
                break;
            case Filter.ExpressionOneofCase.Not:
                text.Append("not (");
                Print(filter.Not, type, text, insideValuePath);
                text.Append(')');
                break;
            case Filter.ExpressionOneofCase.Comparison:
                text.Append(Name(filter.Comparison.Path, type, insideValuePath)).Append(' ')
                    .Append(FilterOperators.Name(filter.Comparison.Operator)).Append(' ').Append(Value(filter.Comparison.Value));
                break;
            case Filter.ExpressionOneofCase.Present:
                text.Append(Name(filter.Present, type, insideValuePath)).Append(" pr");
                break;
            case Filter.ExpressionOneofCase.ValuePath:
                text.Append(Name(filter.ValuePath.Path, type, insideValuePath)).Append('[');
                Print(filter.ValuePath.Filter, type, text, insideValuePath: true);
                text.Append(']');
                break;
            default:
                throw ScimException.InvalidFilter("A part of the filter is empty.");
        }
    }

    private static void Join(IEnumerable<Filter> operands, string word, ResourceType type, StringBuilder text, bool insideValuePath)
    {
        var first = true;
        foreach (var operand in operands)
        {
            text.Append(first ? "" : word);
            first = false;
            var needsParentheses = operand.ExpressionCase == Filter.ExpressionOneofCase.Or
                || (operand.ExpressionCase == Filter.ExpressionOneofCase.And && word == " and ");
            text.Append(needsParentheses ? "(" : "");
            Print(operand, type, text, insideValuePath);
            text.Append(needsParentheses ? ")" : "");
        }
    }

    private static string Name(AttributePath path, ResourceType type, bool insideValuePath) =>
        insideValuePath ? path.SubAttribute : AttributePaths.Print(path, type);

    private static string Value(FilterValue value) => value.KindCase switch
    {
        FilterValue.KindOneofCase.StringValue => $"\"{JsonEncodedText.Encode(value.StringValue, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"",
        FilterValue.KindOneofCase.BooleanValue => value.BooleanValue ? "true" : "false",
        FilterValue.KindOneofCase.NumberValue => value.NumberValue,
        _ => "null",
    };
}
