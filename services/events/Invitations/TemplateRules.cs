using System.Net;
using System.Text.RegularExpressions;

namespace DirectorySync.Events.Invitations;

/// <summary>What a template may be, and what comes of it.</summary>
internal static partial class TemplateRules
{
    private const int LongestSubject = 200;
    private const int LongestBody = 64 * 1024;

    /// <summary>The template that comes with the product.</summary>
    public static InvitationTemplate Usual { get; } = new()
    {
        Subject = "You now have an account",
        Text = """
            Hello {{name}},

            {{organization_name}} has given you an account. Sign in as you do everywhere at {{organization_name}}.

            """,
    };

    /// <summary>Placeholders and their values.</summary>
    public static IReadOnlyDictionary<string, string> Values(DirectoryUser user, string organizationName, string directoryName)
    {
        var name = string.Join(' ', new[] { user.FirstName, user.LastName }.Where(part => part.Length > 0));
        return new Dictionary<string, string>
        {
            ["name"] = name.Length > 0 ? name : user.Email,
            ["first_name"] = user.FirstName,
            ["last_name"] = user.LastName,
            ["email"] = user.Email,
            ["organization_name"] = organizationName,
            ["directory_name"] = directoryName,
            ["organization_id"] = user.OrganizationId,
            ["directory_id"] = user.DirectoryId,
            ["user_id"] = user.Id,
        };
    }

    /// <summary>Throws if it cannot be used.</summary>
    public static void Check(InvitationTemplate template)
    {
        Check("subject", template.Subject, LongestSubject, required: true);
        Check("text", template.Text, LongestBody, required: true);
        Check("html", template.Html, LongestBody, required: false);
        if (template.Subject.AsSpan().ContainsAny('\r', '\n'))
        {
            throw Inputs.Invalid("subject", "", "It has more than one line.", "Give one line.");
        }
    }

    public static string Fill(string text, IReadOnlyDictionary<string, string> values) =>
        Placeholder().Replace(text, match => values[match.Groups[1].Value]);

    /// <summary>The same for HTML: no value can add markup.</summary>
    public static string FillHtml(string html, IReadOnlyDictionary<string, string> values) =>
        Placeholder().Replace(html, match => WebUtility.HtmlEncode(values[match.Groups[1].Value]));

    private static void Check(string field, string text, int longest, bool required)
    {
        if ((required && string.IsNullOrWhiteSpace(text)) || text.Length > longest || text.Contains('\0'))
        {
            throw Inputs.Invalid(field, "", "It is empty, too long, or holds U+0000.", $"Give up to {longest} characters.");
        }

        var known = Values(new(), "", "");
        foreach (Match match in Placeholder().Matches(text))
        {
            if (!known.ContainsKey(match.Groups[1].Value))
            {
                var unknown = match.Value.Length > 64 ? match.Value[..64] : match.Value;
                throw Inputs.Invalid(
                    field, unknown, $"There is no placeholder {unknown}.",
                    $"Give some of: {string.Join(", ", known.Keys.Select(key => $"{{{{{key}}}}}"))}.");
            }
        }
    }

    [GeneratedRegex(@"\{\{\s*([^{}]*?)\s*\}\}")]
    private static partial Regex Placeholder();
}
