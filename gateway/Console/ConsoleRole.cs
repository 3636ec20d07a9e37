using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Console;

/// <summary>What somebody may do in the console. Each role may what those before it may; they are the scopes of API keys.</summary>
public enum ConsoleRole
{
    /// <summary>See everything but secrets.</summary>
    Viewer = ApiKeyScope.Read,

    /// <summary>Change what is not dangerous.</summary>
    Operator = ApiKeyScope.Write,

    /// <summary>Delete, erase, and issue tokens and keys.</summary>
    Admin = ApiKeyScope.Admin,
}

/// <summary>What a page or a form asks of who opens it.</summary>
/// <param name="Role">At least this.</param>
/// <param name="WholeDeployment">Who is limited to one organization may not, whatever the role.</param>
internal sealed record RequiredRole(ConsoleRole Role, bool WholeDeployment = false);
