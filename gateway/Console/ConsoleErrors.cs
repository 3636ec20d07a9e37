using DirectorySync.Gateway.Console.SignIn;
using DirectorySync.Gateway.Rest;

namespace DirectorySync.Gateway.Console;

/// <summary>What went wrong, in the words of the console. What services and limits say is said as the REST API says it.</summary>
internal static class ConsoleErrors
{
    public static RestFailure RoleMissing(RequiredRole required, Session session) => required.WholeDeployment && session.OrganizationId is not null
        ? new(403, "organization_limited", "You see one organization only; this page is about the whole installation. Ask an administrator of it.")
        : new(403, "role_missing", $"This asks for the role {Word(required.Role)}, and you are {Word(session.Role)}. Ask an administrator to do it.");

    public static RestFailure ForeignForm() => new(
        400, "foreign_form", "Nothing was done: the form was not sent from a page of this session. Open the page again and repeat it there.");

    /// <summary>True: the form can be shown again, with what is wrong with it.</summary>
    public static bool IsRefusal(RestError error) => error.Status is 400 or 409 or 422 && error.Code != "foreign_form";

    public static RestError Describe(int status) => status switch
    {
        404 => new(404, "not_found", "There is no such page. Go back, or start at the list of organizations."),
        405 => new(405, "method_not_allowed", "This address takes no such request. Go back and open the page again."),
        _ => RestErrors.Describe(status),
    };

    public static string Title(RestError error) => error.Status switch
    {
        403 => "You may not do this",
        404 => "There is nothing here",
        413 => "That was too large",
        429 => "Too many requests",
        503 => "A service is away",
        >= 500 => "Something went wrong",
        _ => "That did not work",
    };

    public static string Word(ConsoleRole role) => role switch
    {
        ConsoleRole.Admin => "admin",
        ConsoleRole.Operator => "operator",
        _ => "viewer",
    };
}
