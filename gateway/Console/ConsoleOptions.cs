using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Console;

/// <summary>All that can be set about the console (section "Console").</summary>
internal sealed class ConsoleOptions
{
    public OidcOptions Oidc { get; set; } = new();

    /// <summary>A session without a request ends after this.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Every session ends after this.</summary>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromHours(8);
}

/// <summary>Sign-in by an OpenID provider. Without an authority there is none, and API keys alone open the console.</summary>
internal sealed class OidcOptions
{
    /// <summary>The provider's address, below which it serves .well-known/openid-configuration.</summary>
    public string Authority { get; set; } = "";

    public string ClientId { get; set; } = "";

    public string ClientSecret { get; set; } = "";

    /// <summary>What is asked for, separated by blanks.</summary>
    public string Scope { get; set; } = "openid profile email";

    /// <summary>What the button says.</summary>
    public string Name { get; set; } = "single sign-on";

    /// <summary>The claim with the person's roles or groups.</summary>
    public string RoleClaim { get; set; } = "roles";

    /// <summary>Values of the claim that make a viewer, separated by commas.</summary>
    public string Viewers { get; set; } = "viewer";

    /// <summary>Values that make an operator.</summary>
    public string Operators { get; set; } = "operator";

    /// <summary>Values that make an admin.</summary>
    public string Admins { get; set; } = "admin";

    /// <summary>The claim with the id of the only organization that a person sees, or "*" for all; empty: everybody sees all.</summary>
    public string OrganizationClaim { get; set; } = "";

    public bool IsOn => Authority.Length > 0;
}

/// <summary>Refuses to start with settings that cannot work.</summary>
internal sealed class ConsoleOptionsValidator : IValidateOptions<ConsoleOptions>
{
    public ValidateOptionsResult Validate(string? name, ConsoleOptions options)
    {
        var failures = new List<string>();
        if (options.IdleTimeout < TimeSpan.FromMinutes(1) || options.SessionLifetime < options.IdleTimeout)
        {
            failures.Add("Console:IdleTimeout must be at least a minute, Console:SessionLifetime at least as long.");
        }

        if (options.Oidc.IsOn)
        {
            if (!Uri.TryCreate(options.Oidc.Authority, UriKind.Absolute, out var authority)
                || !(authority.Scheme == Uri.UriSchemeHttps || (authority.Scheme == Uri.UriSchemeHttp && authority.IsLoopback)))
            {
                failures.Add($"Console:Oidc:Authority must be an https address such as https://login.example.com, not '{options.Oidc.Authority}'.");
            }

            if (options.Oidc.ClientId.Length == 0)
            {
                failures.Add("Console:Oidc:ClientId must be set where Console:Oidc:Authority is.");
            }
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
