using DirectorySync.Gateway.Console;
using DirectorySync.Gateway.Portal.Access;
using Microsoft.AspNetCore.Components;

namespace DirectorySync.Gateway.Portal;

/// <summary>What every page of the portal and part of one has at hand.</summary>
[Layout(typeof(PortalLayout))]
public abstract class PortalPage : ConsolePage
{
    internal PortalSession Session => PortalSession.Of(Http);

    /// <summary>Read by the page, before its parts.</summary>
    internal Setup Setup => Http.Features.Get<Setup>() ?? throw new InvalidOperationException("The page has not read the setup.");
}
