"""Answers that are hard to find support for: said in other words, in another language, of several passages, in other units or forms,
with the same or nearly the same values beside them; and answers that no passage supports, though their values or names are there.

Of each the sentences that are right have their values in `[[…]]`; the others are `near`. They lie in a text of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.planted_facts import Fact


@dataclass(frozen=True)
class Posed:
    """A question, its answer, the sentences that support it (none for what nothing supports), and others."""

    query: str
    reply: str
    marked: tuple[str, ...]
    near: tuple[str, ...]

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that the answer has."""
        return tuple(Fact(self.query, marked, self.reply) for marked in self.marked)

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that is in the text beside its filler."""
        return (*self.near, *(fact.sentence for fact in self.facts))


HARD: tuple[Posed, ...] = (
    Posed("Why was the bridge closed?", "Because its piers had sunk into the clay.", ("The bridge was shut because [[the piers had sunk]] into the clay.",), ("The road was shut because of the snow.", "The piers of the harbor are made of oak.")),
    Posed("What was revenue in 2021 and 2022?", "Revenue was 5.2 million in 2021 and 6.1 million in 2022.", ("In 2021 revenue came to [[5.2 million]].", "Revenue in 2022 came to [[6.1 million]]."), ("In 2021 costs came to 4.9 million.", "In 2022 costs came to 5.1 million.", "2021 was a wet year.", "Revenue in 2020 came to 5.1 million.")),
    Posed("Who audits the fund?", "Maria Okafor", ("The fund is audited by [[Maria Okafor]].",), ("Maria Okafor came late.", "Maria Okafor came late.", "Maria Okafor came late.", "Maria Okafor came late.", "Maria Okafor came late.", "Maria Okafor came late.", "Maria Okafor likes tea.", "The fund is run by Peter Lund.")),
    Posed("Where were the treaty talks held?", "The treaty talks were held in Paris, in spring.", ("The talks on the treaty were held in [[Paris]] in the spring.",), ("Paris is a large town.", "The talks on fishing were held in Rome.", "In the spring Paris has many visitors.")),
    Posed("Was the permit of the quarry renewed?", "No", ("The permit of the quarry [[was not renewed]] by the council.",), ("The permit of the inn was renewed.", "The council met in the quarry.")),
    Posed("Who has run the mill, and since when?", "Anna Vogel has run the mill since 1987.", ("Die Mühle wird seit [[1987]] von Anna Vogel betrieben.",), ("Anna Vogel wohnt am Bach.", "1987 war ein nasses Jahr.", "Die Schmiede wird seit 1978 von Anna Vogt betrieben.")),
    Posed("What did the dam cost?", "$4.2bn", ("The dam cost [[4,200 million]] dollars.",), ("The bridge cost 4.2 million dollars.", "The tunnel cost 2,400 million dollars.")),
    Posed("What did the dam cost?", "about 4.2 billion dollars", ("The dam cost [[$4,213,000,000]].",), ("The tunnel cost $4,113,000,000.", "The road cost $4,200.")),
    Posed("What share of the voters came?", "75 percent", ("Three of four came: a turnout of [[0.75]] of all voters.",), ("The share of women was 0.57.", "75 letters came from voters.")),
    Posed("When did the fire start?", "12 May 2024", ("The fire started on [[05/12/2024]], late at night.",), ("The fire ended on 05/21/2024.", "The fair started on 05/02/2024.")),
    Posed("When did the fire start?", "2024-05-12", ("The fire started on [[the 12th of May, 2024]].",), ("The fire of the mill started on the 2nd of May, 2024.", "The inquest on the fire began on the 21st of May, 2024.")),
    Posed("When did the fire start?", "May 2024", ("The fire started on [[12 May 2024]].",), ("The inquest began in June 2024.", "In May the roses bloom.", "2024 was dry.")),
    Posed("How many cranes has Rotterdam?", "412", ("| Rotterdam | [[412]] | 77 |",), ("| Port | Cranes | Docks |\n|---|---|---|\n| Hamburg | 421 | 412 |\n| Bergen | 77 | 12 |", "| Antwerp | 401 | 72 |")),
    Posed("How long does delivery take?", "10–12 days", ("Delivery takes [[between 10 and 12 days]].",), ("Repairs take 12 days.", "Payment is due in 10 days.")),
    Posed("How did sales change?", "They fell by 4.5%.", ("Change of sales: [[-4.5 %]] against the year before.",), ("Change of costs: -5.4 %.", "Rents rose by 4.5 points.")),
    Posed("What is the population of Sundari?", "1,234,567", ("Sundari has [[12,34,567]] people.",), ("Nandi has 12,43,567 people.",)),
    Posed("What did the ship cost?", "35,000 yuan", ("这艘船的价格是[[3.5万]]元。",), ("那辆车的价格是5.3万元。",)),
    Posed("Who chairs the board?", "Georg Müller", ("Chair of the board: [[Müller, Georg]]",), ("Chair of the club: Müller, Gerd", "Georg Miller is a guest.")),
    Posed("Who chairs the board?", "Maria Okafor chairs the board.", ("The board is chaired by [[Maria J. Okafor]].",), ("Maria Oka is a guest.", "The board met twice.")),
    Posed("When does the bar close?", "10:15 pm", ("The bar closes at [[22:15]].",), ("The kitchen closes at 21:15.", "The bar opens at 10:15.")),
    Posed("Which ships came with which load?", "- Aurora: 310 bales\n- Meridian: 128 casks\n- Hesper: 64 crates", ("The brig [[Aurora]] arrived with 310 bales of cotton.", "The sloop [[Meridian]] arrived with 128 casks of oil.", "The barque [[Hesper]] arrived with 64 crates of tea."), ("The Aurora left in May.", "The Meridian was built in 1810.", "The Hesper has 128 sails.")),
    Posed("What was net revenue in 2023?", "**3,012,000** dollars", ("In 2023 net revenue reached [[3,012,000]] dollars.",), ("In 2022 net revenue reached 2,912,000 dollars.",)),
    Posed("Give revenue by year.", "| Year | Revenue |\n|---|---|\n| 2022 | 2,912,000 |\n| 2023 | 3,012,000 |", ("In 2023 net revenue reached [[3,012,000]] dollars.", "In 2022 net revenue reached [[2,912,000]] dollars."), ("In 2021 net revenue reached 2,812,000 dollars.",)),
    Posed("Πόσα βιβλία έχει η βιβλιοθήκη;", "7.450 βιβλία", ("Η βιβλιοθήκη έχει [[7.450]] βιβλία.",), ("Το σχολείο έχει 7.540 μαθητές.",)),
    Posed("כמה ספרים יש בספרייה?", "7450", ("בספרייה יש [[7,450]] ספרים.",), ("בבית הספר יש 7,540 תלמידים.",)),
    Posed("ห้องสมุดมีหนังสือกี่เล่ม", "7450 เล่ม", ("ห้องสมุดมีหนังสือ [[7,450]] เล่ม",), ("โรงเรียนมีนักเรียน 7,540 คน",)),
    Posed("ใครเป็นผู้อำนวยการห้องสมุด", "สมชาย ใจดี", ("ผู้อำนวยการห้องสมุดคือ[[สมชาย ใจดี]]",), ("ครูใหญ่คือสมศรี ใจดี",)),
    Posed("Which function reads the settings?", "`parse_config`", ("def [[parse_config]](path): reads the settings from a file",), ("parse_confirm(text) asks a person", "parse_config_old is gone.")),
    Posed("What is the phone number of the office?", "+44 20 7946 0958", ("Call the office at [[020 7946 0958]].",), ("Call the shop at 020 7946 0985.",)),
    Posed("How many people came to the fair?", "About twelve hundred people came.", ("[[1,204]] people came to the fair.",), ("1,240 loaves were baked.", "A year before 1,024 people came.")),
    Posed("What are the three causes of the delay?", "The delay had three causes: a strike at the port, a storm in March and a lack of crews.", ("The ships were late since [[the port was on strike]].", "In March [[a storm]] closed the channel.", "There were [[too few crews]]."), ("A storm of letters came to the editor.", "The strike of the bakers ended in June.")),
    Posed("What does Ruth say of the plan?", "Ruth says: “It will never work in winter”", ("Ruth shook her head. “[[It will never work]] in winter,” she said.",), ("Peter said that it would work in winter.", "It never works, said the cook.")),
    Posed("What is the boiling point of the oil?", "The oil boils at 150 °C.", ("The boiling point of the oil is [[150 °C]].",), ("The flash point of the oil is 105 °C.", "150 barrels of oil were lost.", "The boiling point of the syrup is 115 °C.")),
    Posed("What is the rent of unit 7?", "1250", ("Unit 7: rent [[1,250]]",), ("Unit 8: rent 1,250", "Unit 9: rent 1,250", "Unit 17: rent 1,250", "Unit 71: rent 1,250")),
    Posed("In which year was the chapel built, and by whom?", "It was built in 1765 by the mason Josef Brandl.", ("The chapel was built by the mason Josef Brandl in [[1765]].",), ("Josef Brandl died in 1790.", "In 1765 the river flooded the town.", "The mill was built in 1756.")),
    Posed("What was decided on the budget?", "The council cut the budget for roads by a third and gave the money to the schools.", ("The budget for roads [[was cut by one third]] by the council, and the money went to the schools.",), ("The council met twice.", "The schools asked for new roofs.", "A third of the roads are bad.")),
    Posed("Which medicine is given to children?", "Amoxicillin, 250 mg twice a day", ("Children get [[amoxicillin]]: 250 mg two times a day.",), ("Adults get amoxicillin: 500 mg three times a day.", "Ibuprofen 250 mg is given to adults.")),
    Posed("How much is the deposit?", "two months' rent", ("The deposit is [[two months' rent]], paid at signing.",), ("Notice is two months.", "The rent is paid monthly.")),
    Posed("Who won in 1998?", "Ines Carvalho", ("1998: [[Ines Carvalho]]",), ("1997: Ines Carvalho", "1999: Rui Matos", "1989: Ines Carvalho")),
    Posed("What is the email of the press office?", "press@norvik.example", ("Press office: [[press@norvik.example]]",), ("Sales: sales@norvik.example", "press@nordvik.example is not ours.")),
    Posed("Ist die Brücke gesperrt?", "Ja, seit dem 3. März 2023.", ("Die Brücke ist seit dem [[03.03.2023]] gesperrt.",), ("Die Brücke wurde am 03.02.2021 geprüft.", "Am 3. März 2022 war Markt.")),
    Posed("Combien de membres compte le club ?", "deux cent trois", ("Le club compte [[203]] membres.",), ("Le chœur compte 230 membres.",)),
    Posed("What is the diameter?", "3.5 cm", ("Diameter: [[3,5 cm]]",), ("Height: 5,3 cm", "Radius: 3,3 cm")),
    Posed("When was the patent granted?", "In the spring of 1903, on April 7", ("The patent was granted on [[7 April 1903]].",), ("The patent was filed on 4 July 1903.", "On 7 April 1930 the works burned.")),
    Posed("How many seats has the new hall?", "It has 1,850 seats, 300 more than the old one.", ("The new hall has [[1,850]] seats.",), ("The old hall has 1,550 seats.", "300 chairs were sold.", "1,850 bricks were laid.")),
    Posed("How much was paid to Lund?", "Lund was paid 12k.", ("Lund received [[12,000 dollars]] for his work.",), ("Lunt received 1,200 dollars.", "Vik received 21,000 dollars.")),
    Posed("What is the dose?", "250mg", ("The dose is [[250 mg]] at night.",), ("The dose for dogs is 520 mg.", "250 bottles were sold.")),
    Posed("What is the dose?", "250 mg", ("The dose is [[250mg]] at night.",), ("The dose for dogs is 520mg.",)),
    Posed("When does the train leave?", "at 6.45 pm", ("The train leaves at [[18:45]].",), ("The bus leaves at 16:45.", "The train comes at 6:45.")),
    Posed("Um wie viel Uhr beginnt das Konzert?", "19.30 Uhr", ("Das Konzert beginnt um [[19:30]].",), ("Die Probe beginnt um 13:90.",)),
    Posed("Which countries border Alden?", "Borland, Cedria and Delmar", ("Alden borders [[Borland, Cedria and Delmar]].",), ("Alden trades with Borland.", "Cedria and Delmar are at war.")),
    Posed("Which countries border Alden?", "Borland, Cedria, and Delmar.", ("To the north Alden borders [[Borland]].", "To the south Alden borders [[Cedria]].", "Alden also borders [[Delmar]]."), ("Borland exports tin.", "Cedria is flat.")),
    Posed("What did the judge rule?", "The judge dismissed the claim as it was filed too late.", ("The claim was filed too late, so [[the judge dismissed it]].",), ("The judge wore black.", "A claim was filed by the cook.")),
    Posed("Who wrote the letter?", "It was written by Clara von Hagen on 3 June 1911.", ("[[Clara von Hagen]] wrote the letter on 3 June 1911.",), ("Clara von Hagen was ill in May.", "Clara von Haller wrote the diary.", "On 3 June 1912 the letter was found.")),
    Posed("What is the capital of the fund?", "€1.5 million", ("The capital of the fund is [[EUR 1,500,000]].",), ("The debt is EUR 1,050,000.", "1.5 hectares belong to it.")),
    Posed("How many samples were tested?", "forty-two", ("[[42]] samples were tested.",), ("24 samples were lost.",)),
    Posed("What is the ratio?", "3:1", ("The ratio of sand to lime is [[3:1]].",), ("The score was 1:3.",)),
    Posed("Which version fixed the bug?", "Version 2.14.1", ("The bug was fixed in [[version 2.14.1]].",), ("Version 2.14.0 has the bug.", "2.41.1 is not out.")),
    Posed("Who is the captain?", "O'Brien", ("The captain is [[Seán O’Brien]].",), ("Mary O’Bryan is the cook.",)),
    Posed("Wie heißt der Ort?", "Großräschen", ("Der Ort heißt [[Grossräschen]].",), ("Der Fluss heißt Große Röder.",)),
    Posed("Kuka on johtaja?", "Johtaja on Aino Salmela.", ("Yhtiön johtajana toimii [[Aino Salmela]].",), ("Aino Salmi on sihteeri.",)),
    Posed("館長は誰ですか。", "館長は田中一郎です。", ("[[田中一郎]]氏が館長を務める。",), ("田中二郎氏は画家である。",)),
    Posed("大会有多少人参加？", "有一千二百人参加", ("大会有[[1200]]人参加。",), ("去年有2100人。",)),
    Posed("What is the melting point?", "The melting point is -38.8 °C", ("Melting point: [[−38.83 °C]]",), ("Boiling point: 356.7 °C", "Melting point of tin: 231.9 °C")),
    Posed("What happened on Tuesday?", "On Tuesday the council voted 7 to 2 to close the pool.", ("The council voted [[seven to two]] on Tuesday to close the pool.",), ("On Monday the council voted 5 to 4.", "The pool has 7 lanes.")),
    Posed("How many rooms are there in each inn?", "The Swan has 14 rooms; the Crown has 9.", ("The Swan has [[14 rooms]].", "There are [[9 rooms]] in the Crown."), ("The Bell has 14 rooms.", "The Swan has 9 horses.")),
    Posed("What does the warranty cover?", "The warranty covers parts and labor for two years.", ("Parts and labor [[are covered by the warranty for 24 months]].",), ("The warranty does not cover glass.", "Labor is dear.")),
    Posed("How many work in the harbor office?", "42", ("Harbor office\nStaff: [[42]]\nHead: Lund",), ("Mill\nStaff: 24\nHead: Vik", "42 ropes were sold.")),
    Posed("Who heads the museum?", "Clara Hagen", ("## The museum\n\nHead: [[Clara Hagen]]",), ("## The theater\n\nHead: Clara Haller",)),
    Posed("What color is the door of the inn?", "green", ("The inn has a [[green]] door.",), ("The bridge is green.", "The door of the mill is red.")),
    Posed("How many?", "42", ("There were [[42]] of them.",), ("24 came.",)),
    Posed("How many sheep?", "12 sheep", ("[[12 sheep]] were lost.",), ("12 goats were sold.",)),
)  # fmt: skip

UNSUPPORTED: tuple[Posed, ...] = (
    Posed("What was the dividend?", "The dividend was 1,250 dollars.", (), ("1,250 sheep were lost.", "No dividend was paid before.")),
    Posed("Who resigned?", "The mayor of New York resigned over the scandal.", (), ("New York has many parks.", "The mayor opened the fair.")),
    Posed("What does it praise?", "It praises self-reliance and says that society is a conspiracy.", (), ("There is no kind of self-reliance that fashion does not adopt.",)),
    Posed("When was the strike?", "The strike was in March 2021.", (), ("The fair was in March 2020.", "The strike of the bakers was long.")),
    Posed("How many died?", "No one died in the fire of 1904.", (), ("The fire of 1840 took the church.", "In 1904 the mill was sold.")),
    Posed("Who painted the altar?", "The altar was painted by Lucas Brandt.", (), ("Lucas Brand painted the gate.", "The altar was sold.")),
    Posed("Translate the text.", "Das Schiff fuhr mittags ab, und der Koch blieb an Land.", (), ("The ship left at noon and the cook stayed ashore.",)),
    Posed("What is the color?", "It is bright green with gold stripes.", (), ("The door is red.", "Gold is dear.")),
    Posed("Who is the editor?", "Jean-Luc Perrin, since 2014", (), ("Jean-Luc came late.", "Since 2014 the paper has two pages.")),
    Posed("What did the museum buy?", "The museum bought a painting by Rembrandt for 2 million euros.", (), ("The museum bought 2 new lamps.", "Rembrandt was a painter, said the guide.")),
    Posed("Is it open on Sunday?", "Yes, from 9 to 12.", (), ("The shop has 12 windows and 9 doors.",)),
    Posed("What is the fee?", "The fee is 300 euros.", (), ("The fee is due in May.", "300 euros were found in the street.")),
    Posed("Who is the mayor?", "Ada Brook is the mayor.", (), ("Ada sells fish.", "The mayor is away.", "The brook is deep.")),
    Posed("What year was it founded?", "It was founded in 1887.", (), ("In 1887 a comet was seen.", "The club was founded long ago.")),
    Posed("What causes the rash?", "The rash is caused by nickel in the buckle.", (), ("The buckle is new.", "Nickel is mined here.", "He has a rash.")),
    Posed("Was the ship lost?", "Yes, it sank with all 214 men.", (), ("214 letters came.", "The ship was painted.")),
    Posed("What is the IP of the host?", "10.0.4.17", (), ("The host is at 10.0.4.71.", "The old host was 10.0.14.7")),
    Posed("Who won?", "Germany won the final against Brazil in extra time.", (), ("Germany and Brazil signed a treaty in 1990.", "The final report is late.")),
    Posed("How many employees?", "The firm has about 5,000 employees.", (), ("The firm sold 4,980 lamps.", "Employees get lunch.")),
    Posed("Is smoking allowed?", "Smoking is allowed on the terrace only.", (), ("The terrace has a view.", "Dogs are allowed.")),
    Posed("What is the policy?", "Customers may return goods within 30 days with a receipt.", (), ("Goods are sold with a receipt.", "The fair is in 30 days.", "Customers are kind.")),
    Posed("Quel âge a Luc ?", "Luc a 34 ans.", (), ("Luc habite à Lyon.", "34 vaches sont au pré.")),
    Posed("What color is the door of the inn?", "green", (), ("The inn has a door.", "The bridge is green.")),
    Posed("Where does Ruth live?", "In Bergen", (), ("Bergen exports fish.", "Ruth likes tea.")),
)  # fmt: skip
