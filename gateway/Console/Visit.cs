using DirectorySync.Gateway.Console.SignIn;
using DirectorySync.Gateway.Rest;

namespace DirectorySync.Gateway.Console;

/// <summary>What a page knows of its request: who looks at it, and what was wrong with the form that was sent.</summary>
internal sealed class Visit
{
    /// <summary>Null: nobody is signed in.</summary>
    public Session? Session { get; set; }

    /// <summary>The form that is shown again because it was refused.</summary>
    public Form? Form { get; set; }

    /// <summary>Why it was refused.</summary>
    public RestError? Refusal { get; set; }

    /// <summary>The request's; every request has one.</summary>
    public static Visit Of(HttpContext http)
    {
        if (http.Features.Get<Visit>() is { } existing)
        {
            return existing;
        }

        var visit = new Visit();
        http.Features.Set(visit);
        return visit;
    }

    /// <summary>True: a form or link that asks this may be shown.</summary>
    public bool May(ConsoleRole role, bool wholeDeployment = false) => Session?.Covers(new(role, wholeDeployment)) == true;
}
