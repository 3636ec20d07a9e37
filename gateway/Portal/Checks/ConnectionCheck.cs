using DirectorySync.Gateway.Portal.Guides;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Portal.Checks;

/// <summary>Whether the identity provider reaches this directory with a token that is valid.</summary>
internal static class ConnectionCheck
{
    public static Check Of(Guide guide, DirectoryConnection connection, bool hasToken, Traffic traffic)
    {
        var served = Latest(traffic.LastServed, connection.LastContactTime?.ToDateTimeOffset());
        var failed = Latest(traffic.LastUnauthorized, connection.State == ConnectionState.FailingCredentials ? connection.LastFailureTime?.ToDateTimeOffset() : null);
        if (failed is not null && !(served > failed))
        {
            return new(CheckState.Wrong, $"{guide.Who} came with a wrong token",
                "Its last request had a token that is not valid here.",
                $"Make a new token on this page, paste it where the old one is, and {Test(guide)}", failed);
        }

        if (traffic.LastRefused is { } refused && !(served > Traffic.TimeOf(refused)))
        {
            return new(CheckState.Wrong, $"{guide.Who} was refused", refused.Detail, "", Traffic.TimeOf(refused));
        }

        if (traffic.LastTest is { } test && guide.IsOkta)
        {
            return new(CheckState.Done, "Okta tested the connection", "", "", Traffic.TimeOf(test));
        }

        return served is not null ? new(CheckState.Done, $"{guide.Who} is connected", "Its last request was answered.", "", served)
            : hasToken ? new(CheckState.Waiting, $"Waiting for {Lower(guide.Who)} to test the connection", "", Sentence(Test(guide)))
            : new(CheckState.Waiting, "No token was made yet", "", "Make a token on this page first.");
    }

    private static string Test(Guide guide) => guide.Kind switch
    {
        AppKind.OktaWizard => "choose Test Connector Configuration.",
        AppKind.OktaCatalog or AppKind.OktaIntegrationWizard => "choose Test API Credentials.",
        AppKind.Entra => "choose Test Connection.",
        _ => "test the connection there.",
    };

    private static DateTimeOffset? Latest(ScimRequest? request, DateTimeOffset? other)
    {
        var time = request is null ? (DateTimeOffset?)null : Traffic.TimeOf(request);
        return time is null || other > time ? other : time;
    }

    private static string Lower(string who) => who.StartsWith("Your ", StringComparison.Ordinal) ? "your" + who[4..] : who;

    private static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
