using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DirectorySync.Identity.Requests;

/// <summary>The words by which a person is found in the log of requests: what names one person, not what many have.</summary>
internal static partial class PersonWords
{
    private const int Shortest = 3;

    // What names one person by itself. A first name does not.
    private static readonly HashSet<string> Naming = new(StringComparer.OrdinalIgnoreCase)
    {
        "userName", "externalId", "displayName", "nickName", "profileUrl", "formatted", "employeeNumber",
    };

    /// <summary>Of what is known of the user.</summary>
    public static IEnumerable<string> Of(User user) => Forms(
    [
        user.UserName, user.ExternalId, user.ProfileUrl, user.Enterprise?.EmployeeNumber ?? "",
        .. new[] { user.Emails, user.PhoneNumbers, user.Ims, user.Photos }.SelectMany(values => values.Select(one => one.Value)),
        .. Quoted([
            user.DisplayName, user.NickName, user.Name?.Formatted ?? "", $"{user.Name?.GivenName} {user.Name?.FamilyName}",
            .. user.Addresses.Select(address => address.Formatted),
        ]),
    ]);

    /// <summary>Of a request that was about the user, and its answer: what it was called before, too.</summary>
    public static IEnumerable<string> Of(ScimRequest request) => Forms(
        [.. InJson(request.RequestBody?.Text ?? ""), .. InJson(request.ResponseBody?.Text ?? ""), .. Address().Matches(request.Query).Select(match => match.Value)]);

    /// <summary>True if the request, which is in the log of the user's directory, was about this user and no other.</summary>
    public static bool IsAbout(ScimRequest request, string userId) =>
        request.Path.StartsWith("/Users/" + userId, StringComparison.OrdinalIgnoreCase)
        || (request is { Method: "POST", Path: "/Users", Status: 201 }
            && (request.ResponseBody?.Text.Contains($"\"{userId}\"", StringComparison.OrdinalIgnoreCase) ?? false));

    /// <summary>All in which a person can be named.</summary>
    public static string TextOf(ScimRequest request) => string.Join(
        '\n', request.Path, request.Query, request.Detail, request.RequestBody?.Text, request.ResponseBody?.Text);

    // What is cut counts as far as it goes.
    private static List<string> InJson(string text)
    {
        var found = new List<string>();
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), isFinalBlock: false, default);
        var (name, path) = ("", "");
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    name = reader.GetString()!;
                }
                else if (reader.TokenType == JsonTokenType.String)
                {
                    var value = reader.GetString()!;
                    path = name.Equals("path", StringComparison.OrdinalIgnoreCase) ? value : path;
                    if (value.Contains('@'))
                    {
                        found.Add(value);
                    }
                    else if (Naming.Contains(name)
                        || (name.Equals("value", StringComparison.OrdinalIgnoreCase) && Naming.Contains(path[(path.LastIndexOfAny(['.', ':']) + 1)..])))
                    {
                        found.AddRange(Quoted([value]));
                    }
                }
            }
        }
        catch (JsonException)
        {
            // Not JSON from here on: what was read counts.
        }

        return found;
    }

    private static IEnumerable<string> Quoted(IEnumerable<string> values) => values.Where(value => value.Trim().Length >= Shortest).Select(value => $"\"{value}\"");

    // As they are in a query, and as writers of JSON write them.
    private static IEnumerable<string> Forms(IReadOnlyList<string> words) => words.Where(word => word.Trim('"').Length >= Shortest)
        .SelectMany(word => word.StartsWith('"') ? [word, Escaped(word, true), Escaped(word, false)] : new[] { word, Inner(word, true), Inner(word, false) })
        .Distinct(StringComparer.OrdinalIgnoreCase);

    private static string Escaped(string quoted, bool relaxed) => $"\"{Inner(quoted[1..^1], relaxed)}\"";

    private static string Inner(string word, bool relaxed) =>
        JsonEncodedText.Encode(word, relaxed ? JavaScriptEncoder.UnsafeRelaxedJsonEscaping : JavaScriptEncoder.Default).ToString();

    [GeneratedRegex(@"[^\s""']+@[^\s""']+")]
    private static partial Regex Address();
}
