using System.Globalization;
using DirectorySync.Gateway.Rest;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Primitives;

namespace DirectorySync.Gateway.Console;

/// <summary>Reads a form field by field; all that is wrong is told at once.</summary>
internal sealed class Form(IFormCollection values)
{
    /// <summary>Of a form that creates something: the same form sent twice creates it once.</summary>
    public const string RequestIdField = "request_id";

    private readonly List<FieldError> errors = [];

    public bool Has(string name) => values.ContainsKey(name);

    /// <summary>Without the white space around; empty if it was not sent.</summary>
    public string Text(string name) => values[name].ToString().Trim();

    /// <summary>As it was typed.</summary>
    public string Raw(string name) => values[name].ToString().ReplaceLineEndings("\n");

    public StringValues Texts(string name) => values[name];

    public IFormFile? File(string name) => values.Files.GetFile(name);

    public bool Flag(string name) => values[name].Contains("true");

    /// <param name="name">Of the field.</param>
    /// <param name="label">What people call it, as the page labels it.</param>
    public string Require(string name, string label)
    {
        var text = Text(name);
        if (text.Length == 0)
        {
            Refuse(name, $"{label} is missing. Fill it in.");
        }

        return text;
    }

    public T Choice<T>(string name, string label)
        where T : struct, System.Enum
    {
        if (System.Enum.TryParse<T>(Text(name), out var value) && System.Enum.IsDefined(value) && !value.Equals(default(T)))
        {
            return value;
        }

        Refuse(name, $"Choose one for {label}.");
        return default;
    }

    public int Number(string name, string label, int least, int most)
    {
        if (int.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        Refuse(name, $"{label} is a number from {least} to {most}.");
        return least;
    }

    /// <summary>The end of a day (UTC) as a date field sends it; null: it is empty.</summary>
    public Timestamp? EndOfDay(string name, string label)
    {
        var text = Text(name);
        if (text.Length == 0)
        {
            return null;
        }

        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day < DateOnly.MaxValue)
        {
            return day.AddDays(1).ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc).ToTimestamp();
        }

        Refuse(name, $"{label} is a date such as 2027-01-31.");
        return null;
    }

    /// <summary>The form's own id; one that was not made by the page is refused by the service.</summary>
    public string RequestId => Text(RequestIdField) is { Length: > 0 and <= 64 } id ? id : Guid.CreateVersion7().ToString();

    public void Refuse(string name, string message) => errors.Add(new(name, "invalid_value", message));

    /// <summary>Dangerous acts are confirmed by typing the name.</summary>
    public void RequireConfirmation(string name)
    {
        if (!string.Equals(Text("confirmation"), name.Trim(), StringComparison.Ordinal))
        {
            Refuse("confirmation", $"Nothing was done: type exactly “{name}” to confirm.");
        }
    }

    /// <summary>Throws if something was not acceptable.</summary>
    public void Check()
    {
        if (errors.Count > 0)
        {
            throw new RestFailure(RestErrors.Invalid(errors));
        }
    }
}
